// SPDX-License-Identifier: Apache-2.0
#include "runner/store/depfile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::ElementsAre;

TEST(Depfile, GivesThePrerequisitesOverContinuedLines) {
  EXPECT_THAT(parse_depfile("a.o: a.c \\\n /usr/include/stdio.h \\\r\n b.h\n"),
              ElementsAre("a.c", "/usr/include/stdio.h", "b.h"));
}

TEST(Depfile, KnowsTheEscapesOfGccAndClang) {
  EXPECT_THAT(parse_depfile("a.o: my\\ file.c a\\#b.h cost$$.h back\\slash.h c\\:d.h"),
              ElementsAre("my file.c", "a#b.h", "cost$.h", "back\\slash.h", "c:d.h"));
  EXPECT_THAT(parse_depfile("a.o: end\\\\\\ x.h two\\\\ y.h"), ElementsAre("end\\ x.h", "two\\", "y.h"));
}

TEST(Depfile, IgnoresPhonyRulesRepetitionsAndComments) {
  EXPECT_THAT(parse_depfile("a.o b.o: a.c h.h\n\nh.h:\n\nout.d: a.c\n# env-dep:HOME=/x: y\n"),
              ElementsAre("a.c", "h.h"));
}

TEST(Depfile, KeepsAColonInsideAName) { EXPECT_THAT(parse_depfile("dir:1/a.o: dir:1/a.c"), ElementsAre("dir:1/a.c")); }

TEST(Depfile, AnythingElseEndsToo) {
  EXPECT_THAT(parse_depfile(""), ElementsAre());
  EXPECT_THAT(parse_depfile("no rule at all \\"), ElementsAre());
  EXPECT_THAT(parse_depfile("a: \\\n\\"), ElementsAre("\\"));
}

}  // namespace
}  // namespace xtest
