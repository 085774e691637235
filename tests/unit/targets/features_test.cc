// SPDX-License-Identifier: Apache-2.0
#include "targets/features.h"

#include "tests/unit/targets/target_files.h"

#include <set>

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Features, EveryWordIsThereOnceAndExplained) {
  std::set<std::string_view> seen;
  for (const auto& entry : feature_words()) {
    EXPECT_TRUE(seen.insert(entry.word).second) << entry.word;
    EXPECT_FALSE(entry.meaning.empty()) << entry.word;
  }
}

TEST(Features, AnUnknownWordInAnExpressionIsAnErrorAtItsPlace) {
  const auto expression = Expr::parse("linux and (thread or wine)", Position{"f.yaml", 3, 11});
  EXPECT_THAT(error_of([&] { check_features(expression); }),
              AllOf(HasSubstr("f.yaml:3:22: unknown feature 'thread'"), HasSubstr("did you mean 'threads'?")));
}

TEST(Features, WordsOfOnesOwnBeginWithX) {
  EXPECT_NO_THROW(check_feature("x-jit", {}));
  EXPECT_THAT(error_of([] { check_feature("jit-compiler", {}); }), HasSubstr("begin a word of your own with x-"));
  EXPECT_THAT(error_of([] { check_feature("x-", {}); }), HasSubstr("unknown feature 'x-'"));
}

TEST(Features, TakeNoArgument) {
  const auto expression = Expr::parse("lang(go)", {});
  EXPECT_THAT(error_of([&] { check_features(expression); }), HasSubstr("features take no argument"));
}

TEST(Features, FollowFromTheFilesAndTheLanguages) {
  Target target;
  target.arch = "s390x";
  target.files.bits = 64;
  target.files.order = ByteOrder::big;
  target.links = {"static"};
  target.compilers[Language::c].try_names = {"cc"};
  target.compilers[Language::go].absent = "no";
  EXPECT_EQ(derived_features(target), (std::set<std::string>{"s390x", "elf", "64-bit", "big-endian", "static", "c"}));
}

}  // namespace
}  // namespace xtest
