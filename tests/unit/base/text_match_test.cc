// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "runner/base/text.h"

namespace xtest {
namespace {

TEST(GlobMatch, MatchesLiterally) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("a.b", "a.b"));
  EXPECT_FALSE(glob_match("a.b", "axb"));
  EXPECT_FALSE(glob_match("a", "ab"));
  EXPECT_FALSE(glob_match("ab", "a"));
}

TEST(GlobMatch, StarsMatchAnythingWithSlashesAndColons) {
  EXPECT_TRUE(glob_match("probes::*", "probes::C1::cxx"));
  EXPECT_TRUE(glob_match("*/dir", "go-std::os::TestStat/sub/dir"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("a**c*", "abbbc"));
  EXPECT_TRUE(glob_match("*ab*ab", "ababxab"));
  EXPECT_FALSE(glob_match("a*c", "abcd"));
}

TEST(GlobMatch, AQuestionMarkIsOneCharacterNotOneByte) {
  EXPECT_TRUE(glob_match("gr?n", "gr\xC3\xBCn"));
  EXPECT_TRUE(glob_match("?", "\xFF"));
  EXPECT_FALSE(glob_match("?", ""));
  EXPECT_FALSE(glob_match("??", "\xC3\xBC"));
}

TEST(GlobMatch, KnowsClasses) {
  EXPECT_TRUE(glob_match("C[1-3]", "C2"));
  EXPECT_FALSE(glob_match("C[1-3]", "C4"));
  EXPECT_TRUE(glob_match("[!a-c]x", "dx"));
  EXPECT_FALSE(glob_match("[^a-c]x", "bx"));
  EXPECT_TRUE(glob_match("[]a]", "]"));
  EXPECT_TRUE(glob_match("[a-]", "-"));
  EXPECT_TRUE(glob_match("[-a]", "-"));
  EXPECT_TRUE(glob_match("[\xC3\xA4-\xC3\xBC]", "\xC3\xB6"));
  EXPECT_FALSE(glob_match("[a]", ""));
}

TEST(GlobMatch, TakesABracketWithoutItsEndLiterally) {
  EXPECT_TRUE(glob_match("a[b", "a[b"));
  EXPECT_TRUE(glob_match("[", "["));
  EXPECT_TRUE(glob_match("[!", "[!"));
  EXPECT_TRUE(glob_match("[[]x]", "[x]"));
}

TEST(GlobMatch, StaysFastOnHostilePatterns) {
  std::string pattern, text(5000, 'a');
  for (int i = 0; i < 40; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "*b", text));
}

TEST(Nearest, FindsTyposTranspositionsAndOtherCase) {
  const std::vector<std::string> known{"timeout", "requires", "modes"};
  EXPECT_EQ(nearest("timeuot", known), "timeout");
  EXPECT_EQ(nearest("require", known), "requires");
  EXPECT_EQ(nearest("Modes", known), "modes");
}

TEST(Nearest, CountsATranspositionOnce) {
  const std::vector<std::string> known{"abc"};
  EXPECT_EQ(nearest("acb", known), "abc");
  EXPECT_EQ(nearest("xcb", known), std::nullopt);
}

TEST(Nearest, PrefersTheNearestAndThenTheFirst) {
  const std::vector<std::string> known{"linux-x32", "linux-x86", "linux"};
  EXPECT_EQ(nearest("linus", known), "linux");
  EXPECT_EQ(nearest("linux-x3", known), "linux-x32");
  EXPECT_EQ(nearest("linux-x99", known), "linux-x32");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
  const std::vector<std::string> known{"linux", "a"};
  EXPECT_EQ(nearest("windows", known), std::nullopt);
  EXPECT_EQ(nearest("b", known), std::nullopt);
  EXPECT_EQ(nearest("", known), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), known), std::nullopt);
  EXPECT_EQ(nearest("linux", {}), std::nullopt);
}

}  // namespace
}  // namespace xtest
