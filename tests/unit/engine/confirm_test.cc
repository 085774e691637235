// SPDX-License-Identifier: Apache-2.0
// The engine with several executors: each test on both (--on a,b), or failures run again on the other (--confirm).
#include "runner/engine/engine.h"

#include "tests/support/fake_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Words = std::vector<std::string>;

std::optional<Completion> fails(const FakeRun& run) { return all_fail(run); }

std::vector<std::string> confirmers(const FakeWorld& world) {
  std::vector<std::string> found;
  for (const CaseObserved& seen : world.log.all<CaseObserved>()) found.push_back(seen.confirmer);
  return found;
}

TEST(SeveralExecutors, RunEachTestOnceOnEach) {
  FakeWorld world;
  FakeExecutor& other = world.also_on("other");
  world.framework.add("s", "u", {"g::a"});
  world.framework.add("s", "v", {"g::b"}).cases[0].needs = {"s::g::a"};
  other.answer = [](const FakeRun& run) { return is_about(run, "a") ? all_fail(run) : all_pass(run); };
  world.run();
  EXPECT_THAT(world.executor->words(), ElementsAre(Words{"u", "a"}, Words{"v", "b"}));
  EXPECT_THAT(other.words(), ElementsAre(Words{"u", "a"})) << "what it needs failed there";
  const auto decided = world.log.all<CaseDecided>();
  std::map<CaseIx, Outcome> outcomes;
  for (const CaseDecided& one : decided) outcomes[one.test] = one.outcome;
  EXPECT_EQ(outcomes.at(1).status, Status::pass) << "what failed elsewhere blocks nothing";
  EXPECT_EQ(outcomes.at(2).status, Status::fail);
  EXPECT_EQ(outcomes.at(3).kind, "blocked");
}

TEST(SeveralExecutors, PerformChecksOfTheHostOnce) {
  FakeWorld world;
  world.also_on("other");
  world.framework.add("s", "u", {"g::a"});
  world.framework.add("s", "check", {"g::c"});
  world.framework.units["s"][1].executor = "none";
  const Plan plan = world.make();
  std::vector<std::string> streams;
  for (const StreamInfo& info : plan.streams) streams.push_back(info.stream.executor);
  EXPECT_THAT(streams, ElementsAre("fake", "none", "other"));
}

TEST(Confirm, OpensNothingWhenAllIsWell) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  world.framework.add("s", "u", {"g::a"});
  world.run();
  EXPECT_EQ(vm.opened, 0);
  EXPECT_EQ(world.plan.streams.size(), 1u);
}

TEST(Confirm, WhatPassesThereIsTheEmulatorsFault) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  world.framework.add("s", "u", {"g::a", "g::b"});
  world.executor->answer = [](const FakeRun& run) {
    return run.words.size() == 3 ? ended_with(Exited{1}, "a pass\nb fail odd\ndone\n") : all_fail(run);
  };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.outcome("s::g::b").status, Status::emulator);
  EXPECT_THAT(vm.words(), ElementsAre(Words{"u", "b"}));
  EXPECT_THAT(confirmers(world), ElementsAre("", "", "vm"));
}

TEST(Confirm, WhatFailsOnBothIsThePorts) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = fails;
  vm.answer = fails;
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::fail);
  EXPECT_THAT(world.outcome("s::g::a").reason, HasSubstr("port: fails on both (fake: wrong, vm: wrong)"));
  EXPECT_EQ(vm.runs.size(), 1u);
}

TEST(Confirm, AFlakyTestIsNotLaidOnTheEmulator) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  world.options.retry.retries = 1;
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = [&](const FakeRun& run) { return world.executor->runs.size() == 1 ? all_fail(run) : all_pass(run); };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::flaky);
  EXPECT_THAT(vm.runs, IsEmpty());
}

TEST(Confirm, TroubleThereLeavesTheVerdictAndSaysSo) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  world.options.retry.infra_retries = 1;
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = fails;
  vm.before_open = [] { throw Error(ErrorKind::infra, "no guest"); };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::fail);
  EXPECT_THAT(world.outcome("s::g::a").reason, HasSubstr("not confirmed: vm: "));
  EXPECT_EQ(world.outcome("s::g::a").attempts, 3);
}

TEST(Confirm, EveryFailureIsLookedAtHoweverManyThereAre) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  world.options.retry.retries = 1;
  std::vector<std::string> names;
  for (int number = 0; number < 40; ++number) names.push_back("g::t" + std::to_string(number));
  world.framework.add("s", "u", names);
  world.executor->answer = fails;
  world.run();
  EXPECT_EQ(vm.runs.size(), 40u);
  for (const std::string& name : names) EXPECT_EQ(world.outcome("s::" + name).status, Status::emulator);
  EXPECT_EQ(world.executor->runs.size(), 41u) << "each is seen twice here before it is laid on the emulator";
}

TEST(Confirm, TheExecutorIsMeasuredOnceWhenItIsFirstNeeded) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  vm.slowness_ = 3;
  std::vector<std::size_t> measured;
  world.calibrate = [&](std::size_t target) -> Task<std::optional<double>> {
    co_await asio::post(asio::use_awaitable);
    measured.push_back(target);
    co_return 7.0;
  };
  world.framework.add("s", "u", {"g::a"});
  world.framework.add("s", "v", {"g::b"});
  world.run();
  EXPECT_THAT(measured, IsEmpty()) << "nothing failed";
  world.executor->answer = fails;
  world.run();
  EXPECT_THAT(measured, ElementsAre(1u));
  ASSERT_EQ(vm.runs.size(), 2u);
  for (const FakeRun& run : vm.runs) EXPECT_EQ(run.limit, std::chrono::seconds(7));
}

TEST(Confirm, WhatCannotBeMeasuredHasTheExecutorsRoughFactor) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  vm.slowness_ = 3;
  world.calibrate = [](std::size_t) -> Task<std::optional<double>> { co_return std::nullopt; };
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = fails;
  world.run();
  ASSERT_EQ(vm.runs.size(), 1u);
  EXPECT_EQ(vm.runs[0].limit, std::chrono::seconds(3));
}

TEST(Confirm, WhatIsUnsupportedThereIsNotRunThere) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  world.framework.add("s", "u", {"g::a"});
  world.framework.unsupported_on = "vm";
  world.executor->answer = fails;
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::fail);
  EXPECT_EQ(world.outcome("s::g::a").reason, "not confirmed: vm: requires something");
  EXPECT_THAT(vm.runs, IsEmpty());
}

TEST(Confirm, AResumedRunDoesNotRepeatWhatWasConfirmed) {
  FakeWorld first;
  first.confirm_on("vm");
  first.framework.add("s", "u", {"g::a"});
  first.executor->answer = fails;
  first.run();
  Replay replay;
  for (const CaseObserved& seen : first.log.all<CaseObserved>())
    replay.undecided[seen.test].push_back(Attempt{seen.job, seen.attempt, seen.observed, seen.confirmer});
  FakeWorld again;
  FakeExecutor& vm = again.confirm_on("vm");
  again.framework.add("s", "u", {"g::a"});
  again.run([&](Engine& engine) { engine.go_on(replay); });
  EXPECT_THAT(again.executor->runs, IsEmpty());
  EXPECT_THAT(vm.runs, IsEmpty());
  EXPECT_EQ(again.outcome("s::g::a").status, Status::emulator);
}

TEST(Confirm, AResumedRunConfirmsWhatWasNotYet) {
  FakeWorld world;
  FakeExecutor& vm = world.confirm_on("vm");
  world.framework.add("s", "u", {"g::a"});
  Replay replay;
  Observed bad;
  bad.status = Status::fail;
  replay.undecided[0].push_back(Attempt{0, 1, bad, ""});
  world.run([&](Engine& engine) { engine.go_on(replay); });
  EXPECT_THAT(world.executor->runs, IsEmpty());
  EXPECT_EQ(vm.runs.size(), 1u);
  EXPECT_EQ(world.outcome("s::g::a").status, Status::emulator);
}

}  // namespace
}  // namespace xtest
