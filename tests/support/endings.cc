// SPDX-License-Identifier: Apache-2.0
#include "tests/support/endings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {

void write_endings(const Playground& here) {
  here.suite("ends", {{"good.c", misbehaving({"exit", "0"})},
                      {"seven.c", misbehaving({"exit", "7"})},
                      {"segv.c", misbehaving({"signal", "11"})},
                      {"hangs.c", misbehaving({"hang"})},
                      {"loud.c", misbehaving({"print", "3000000"})}},
             "limit: 3s\n");
}

void expect_endings(const std::map<std::string, Verdict>& verdicts) {
  ASSERT_EQ(verdicts.size(), 5u);
  EXPECT_EQ(verdicts.at("run::good.c").status, "pass");
  EXPECT_EQ(verdicts.at("run::loud.c").status, "pass");
  EXPECT_EQ(verdicts.at("run::seven.c").kind, "exit-code");
  EXPECT_EQ(verdicts.at("run::segv.c").status, "crash");
  EXPECT_THAT(verdicts.at("run::segv.c").message, testing::HasSubstr("SEGV"));
  EXPECT_EQ(verdicts.at("run::hangs.c").status, "timeout");
}

}  // namespace xtest
