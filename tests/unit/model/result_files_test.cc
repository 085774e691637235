// SPDX-License-Identifier: Apache-2.0
#include "runner/model/result_files.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace xtest {
namespace {

TEST(ResultPattern, IsARelativePathWhoseLastPartMayBeWild) {
  for (const char* good : {"report.xml", "*.xml", "a/b-c/log_?.txt", "*", ".hidden", "a..b", "?", "-x"}) EXPECT_TRUE(is_result_pattern(good)) << good;
  for (const char* bad : {"", "/", "/etc/passwd", "../x", "a/../b", "a/..", ".", "./a", "a//b", "a/", "*/a", "a*/b", "[a]", "a b", "a\nb", "$HOME",
                          "a;b", "~", "\\a", "\xc3\xa4", "{a,b}"})
    EXPECT_FALSE(is_result_pattern(bad)) << bad;
}

TEST(ResultPattern, MatchesNamesThatStayInTheFolder) {
  using Pairs = std::vector<std::pair<const char*, const char*>>;
  for (const auto& [pattern, name] : Pairs{{"*.xml", "a.xml"}, {"logs/*", "logs/a.txt"}, {".*", ".a"}, {"a?", "ab"}})
    EXPECT_TRUE(matches_result(pattern, name)) << pattern << " " << name;
  for (const auto& [pattern, name] : Pairs{{"*", ".a"}, {"*", "a/b"}, {"logs/*", "log/a"}, {"*", ".."}, {"..*", "../x"}, {"*", "a b"},
                                           {"*.xml", "*.xml"}})
    EXPECT_FALSE(matches_result(pattern, name)) << pattern << " " << name;
}

}  // namespace
}  // namespace xtest
