// SPDX-License-Identifier: Apache-2.0
#include "reports/comparison.h"

#include "reports/summary_text.h"
#include "tests/support/sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::HasSubstr;

const std::string kTarget = "aarch64-unknown-linux-gnu";

// Two executors of one target, with the same three tests.
struct OnBoth : testing::Test {
  SampleRun run;
  CaseIx here = 0, there = 0;

  OnBoth() {
    run.run().targets = {{kTarget, {}, "executed", "qemu-user"}, {kTarget, {}, "executed", "vm:linux"}};
    StreamInfo other = run.run().streams[0];
    other.stream.executor = "vm:linux";
    run.run().streams = {run.run().streams[0], other};
    here = run.list(0, "u", {{"g", "a"}, {"g", "b"}, {"g", "c"}});
    there = run.list(1, "u", {{"g", "a"}, {"g", "b"}, {"g", "c"}});
  }
  std::string text(std::size_t most = 40) const {
    Tally tally;
    Comparison comparison;
    for (const Event& event : run.events) tally.on(event), comparison.on(event);
    return comparison.text(tally, kTarget, most);
  }
};

TEST_F(OnBoth, ATableHasAColumnForEachAndALineForEachDifference) {
  run.pass(here);
  run.pass(there);
  run.bad(here + 1, seen(Status::fail, "exit-code", "exited with 1"));
  run.pass(there + 1);
  run.skip(here + 2, "unsupported", "requires binfmt");
  run.pass(there + 2);
  EXPECT_EQ(text(),
            "                      qemu-user   vm:linux\n"
            "   pass               1           3\n"
            "   fail               1           0\n"
            "   skip               1           0\n"
            "   2 of 3 tests have another verdict elsewhere:\n"
            "   probes::g::b gcc   FAIL        PASS        exited with 1\n"
            "   probes::g::c gcc   SKIP        PASS        requires binfmt\n");
}

TEST_F(OnBoth, WhatDoesNotFitIsCounted) {
  for (CaseIx test = 0; test < 3; ++test) {
    run.bad(here + test, seen(Status::fail, "exit-code", "odd"));
    run.pass(there + test);
  }
  EXPECT_THAT(text(1), HasSubstr("... and 2 more; all of them: xtest show"));
}

TEST_F(OnBoth, WhatRanOnOneOnlyIsNoDifference) {
  run.list(0, "v", {{"g", "d"}});
  EXPECT_THAT(text(), HasSubstr("0 of 3 tests have another verdict elsewhere\n"));
  EXPECT_THAT(text(), HasSubstr("1 tests were selected on one executor only"));
}

TEST_F(OnBoth, OneExecutorIsNotCompared) {
  EXPECT_EQ(Comparison().text(Tally(), "s390x-unknown-linux-gnu", 40), "");
}

TEST_F(OnBoth, TheSummaryNamesTheExecutorOfABadResultAndEachTargetOnce) {
  run.bad(here, seen(Status::fail, "exit-code", "exited with 1"));
  run.pass(there);
  Tally tally;
  Comparison comparison;
  for (const Event& event : run.events) tally.on(event), comparison.on(event);
  const std::string all = summary_text(tally, comparison, {});
  EXPECT_THAT(all, HasSubstr("FAIL       " + kTarget + " (qemu-user)  probes::g::a"));
  EXPECT_EQ(all.find("(qemu-user, vm:linux): "), all.rfind("(qemu-user, vm:linux): "));
}

}  // namespace
}  // namespace xtest
