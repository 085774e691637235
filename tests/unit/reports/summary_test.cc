// SPDX-License-Identifier: Apache-2.0
#include "reports/summary.h"

#include "reports/summary_text.h"
#include "tests/support/sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::HasSubstr;

Tally tally_of(const SampleRun& run) {
  Tally tally;
  for (const Event& event : run.events) tally.on(event);
  return tally;
}

// A run with one passing case and one of the given outcome.
SampleRun run_with(Outcome outcome) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "good"}, {"g", "other"}});
  run.pass(test);
  run.decide(test + 1, std::move(outcome));
  return run;
}

int exit_with(Status status, std::map<std::string, std::string> options = {}) {
  SampleRun run = run_with(outcome(status));
  run.run().options = std::move(options);
  return tally_of(run).exit_code();
}

TEST(ExitCode, IsZeroWhenAllIsGoodOrNeutral) {
  EXPECT_EQ(exit_with(Status::pass), 0);
  EXPECT_EQ(exit_with(Status::xfail), 0);
  EXPECT_EQ(exit_with(Status::skip), 0);
  EXPECT_EQ(exit_with(Status::flaky), 0);
  EXPECT_EQ(exit_with(Status::emulator), 0);
}

TEST(ExitCode, Is100ForAnyBadResult) {
  EXPECT_EQ(exit_with(Status::fail), 100);
  EXPECT_EQ(exit_with(Status::crash), 100);
  EXPECT_EQ(exit_with(Status::timeout), 100);
  EXPECT_EQ(exit_with(Status::xpass), 100);
}

TEST(ExitCode, FollowsThePolicies) {
  EXPECT_EQ(exit_with(Status::xpass, {{"xpass", "ok"}}), 0);
  EXPECT_EQ(exit_with(Status::flaky, {{"flaky", "fail"}}), 100);
  EXPECT_EQ(exit_with(Status::emulator, {{"emulator", "fail"}}), 100);
  EXPECT_EQ(exit_with(Status::fail, {{"gate", "none"}}), 0);
}

TEST(ExitCode, Is101WhenNothingButBuildsFailed) {
  EXPECT_EQ(exit_with(Status::build_fail), 101);
  SampleRun run = run_with(outcome(Status::build_fail));
  run.bad(run.list(0, "more", {{"g", "third"}}), seen(Status::fail));
  EXPECT_EQ(tally_of(run).exit_code(), 100);
}

TEST(ExitCode, Is102WithoutAVerdict) {
  EXPECT_EQ(exit_with(Status::infra), 102);
  EXPECT_EQ(exit_with(Status::not_run), 102);
  EXPECT_EQ(exit_with(Status::level), 102);
  SampleRun run;
  run.list(0, "all", {{"g", "never decided"}});
  EXPECT_EQ(tally_of(run).exit_code(), 102);
}

TEST(ExitCode, IsNeverGreenWhenNothingWasExecuted) {
  SampleRun run;
  EXPECT_EQ(tally_of(run).exit_code(), 4);
  run.skip(run.list(0, "all", {{"g", "x"}}), "unsupported", "requires go");
  EXPECT_EQ(tally_of(run).exit_code(), 102);
}

TEST(ExitCode, CountsALevelAsGoodWhenNoMoreWasAskedFor) {
  SampleRun run = run_with(outcome(Status::level, "checked"));
  run.run().targets[0].goal = "linked";
  EXPECT_EQ(tally_of(run).exit_code(), 0);
  SampleRun less = run_with(outcome(Status::level, "linked-stub"));
  less.run().targets[0].goal = "linked";
  EXPECT_EQ(tally_of(less).exit_code(), 102);
}

TEST(ExitCode, Is130WhenInterruptedAnd5WhenOthersAreOutstanding) {
  SampleRun run = run_with(outcome(Status::fail));
  EXPECT_EQ(tally_of(run).exit_code("interrupted"), 130);
  EXPECT_EQ(exit_with(Status::pass, {{"outstanding", "3"}}), 5);
}

TEST(Tally, CountsUndecidedCasesAsNotRun) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "x"}, {"g", "y"}});
  run.pass(test);
  const Tally tally = tally_of(run);
  EXPECT_EQ(tally.undecided(), 1u);
  EXPECT_EQ(tally.counts()[Status::not_run], 1u);
  EXPECT_TRUE(tally.incomplete());
}

TEST(Tally, TheLastDecisionOfACaseCounts) {
  SampleRun run = run_with(outcome(Status::fail));
  run.decide(1, outcome(Status::pass));
  run.end("finished", 0);
  const Tally tally = tally_of(run);
  EXPECT_EQ(tally.counts()[Status::pass], 2u);
  EXPECT_EQ(tally.counts()[Status::fail], 0u);
  EXPECT_TRUE(tally.bad().empty());
  EXPECT_FALSE(tally.incomplete());
}

TEST(Tally, NamesTheFirstBrokenRungOfEachTarget) {
  const Tally tally = tally_of(every_status());
  EXPECT_EQ(tally.broken_rung("aarch64-unknown-linux-gnu"), "stack");
  EXPECT_EQ(tally.broken_rung("s390x-unknown-linux-gnu"), "");
}

TEST(Tally, OrdersTheLadderWhateverTheOrderOfEvents) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "a", "calls"}, {"g", "b", "own"}, {"g", "c", "file"}});
  run.pass(test);
  run.bad(test + 1, seen(Status::fail));
  run.pass(test + 2);
  EXPECT_EQ(ladder_text(tally_of(run).ladder("aarch64-unknown-linux-gnu")), "file ok 1, calls ok 1, own 1 FAILED of 1");
}

TEST(Tally, GroupsSkipsByTheirReason) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "a"}, {"g", "b"}, {"g", "c"}});
  run.skip(test, "filtered", "one");
  run.skip(test + 1, "unsupported", "two");
  run.skip(test + 2, "unsupported", "two");
  const auto groups = tally_of(run).grouped("aarch64-unknown-linux-gnu", Status::skip);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].reason, "two");
  EXPECT_EQ(groups[0].cases.size(), 2u);
}

TEST(Tally, SurvivesEventsOfCasesNobodyListed) {
  SampleRun run;
  run.decide(77, outcome(Status::fail));
  const Tally tally = tally_of(run);
  EXPECT_EQ(tally.counts().total(), 0u);
  EXPECT_EQ(tally.status(77), Status::not_run);
}

TEST(Tally, AddsTheTimeOfAllSessions) {
  SampleRun run;
  run.events.back().mono = std::chrono::seconds(5);
  run.add(Resumed{"0.1.0"});
  run.events.back().mono = std::chrono::seconds(2);
  EXPECT_EQ(tally_of(run).elapsed(), std::chrono::seconds(7));
}

TEST(SummaryText, IsNeverSilentAboutWhatWasNotRun) {
  const std::string text = summary_text(tally_of(every_status()), {}, {});
  EXPECT_THAT(text, HasSubstr("INCOMPLETE: 1 of 17 listed tests not run (fail-fast)"));
  EXPECT_THAT(text, HasSubstr("blocked: rung stack failed"));
  EXPECT_THAT(text, HasSubstr("xtest doctor --lang go --install"));
  EXPECT_THAT(text, HasSubstr("the rung \"stack\" is broken"));
}

}  // namespace
}  // namespace xtest
