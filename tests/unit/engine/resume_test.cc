// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/replay.h"

#include "tests/support/fake_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Words = std::vector<std::string>;

Outcome passed() {
  Outcome outcome;
  outcome.status = outcome.raw = Status::pass;
  outcome.attempts = 1;
  return outcome;
}

// The record of a run of this world as its events say it, cut behind `events` of them.
Replay record_of(FakeWorld& world, std::size_t events) {
  RunStarted started;
  started.run = new_ulid();
  started.streams = world.plan.streams;
  started.targets.push_back(TargetInfo{world.targets[0].target.triple, {}, "executed"});
  const TempFolder folder;
  RecordWriter record = RecordWriter::create(folder.path() / "run");
  const ManualClock clock;
  Emitter emitter(clock, &record, {});
  emitter.emit(started);
  for (std::size_t at = 0; at < std::min(events, world.log.events.size()); ++at) emitter.emit(world.log.events[at].body);
  record.sync();
  return read_replay(record.folder());
}

Replay whole_record_of(FakeWorld& world) { return record_of(world, world.log.events.size()); }

std::size_t place_after(const FakeWorld& world, std::size_t body_index, std::size_t nth = 0) {
  for (std::size_t at = 0; at < world.log.events.size(); ++at) {
    if (world.log.events[at].body.index() == body_index && nth-- == 0) return at + 1;
  }
  throw std::runtime_error("no such event");
}

std::size_t index_of(const EventBody& body) { return body.index(); }

void describe(FakeWorld& world) {
  world.framework.add("s", "u", {"g::a", "g::b", "g::c"});
  world.framework.add("s", "v", {"g::d"}).cases[0].needs = {"s::g::b"};
}

TEST(Resume, RunsOnlyWhatIsNotDecided) {
  FakeWorld world;
  describe(world);
  world.run([](Engine& engine) {
    engine.already_decided(0, passed());
    engine.already_decided(1, passed());
  });
  EXPECT_THAT(world.executor->words(), ElementsAre(Words{"u", "c"}, Words{"v", "d"}));
  EXPECT_EQ(world.undecided, 0u);
  EXPECT_EQ(world.log.all<CaseDecided>().size(), 2u);
}

TEST(Resume, OfAFinishedRunRunsNothing) {
  FakeWorld world;
  describe(world);
  world.run([](Engine& engine) {
    for (CaseIx test = 0; test < 4; ++test) engine.already_decided(test, passed());
  });
  EXPECT_THAT(world.log.events, IsEmpty());
}

TEST(Resume, ARecordedFailureStillBlocks) {
  FakeWorld world;
  describe(world);
  world.run([](Engine& engine) {
    Outcome failed;
    failed.status = failed.raw = Status::fail;
    engine.already_decided(1, failed);
  });
  EXPECT_EQ(world.outcome("s::g::d").reason, "s::g::b failed");
}

TEST(Resume, JobsGetNumbersThatTheRecordDoesNotHave) {
  FakeWorld first;
  describe(first);
  first.run([](Engine& engine) { engine.list(); });
  const Replay replay = record_of(first, place_after(first, index_of(JobStarted{})));
  FakeWorld second;
  describe(second);
  second.run([&](Engine& engine) { engine.go_on(replay); });
  std::set<JobId> jobs{first.log.all<JobStarted>()[0].job};
  for (const JobStarted& job : second.log.all<JobStarted>()) EXPECT_TRUE(jobs.insert(job.job).second) << job.job;
}

TEST(Resume, WhatWasSeenIsDecidedWithoutRunningItAgain) {
  FakeWorld first;
  describe(first);
  first.run([](Engine& engine) { engine.list(); });
  const std::size_t decisions = 2;
  const Replay replay = record_of(first, place_after(first, index_of(CaseDecided{}), decisions - 1));
  EXPECT_EQ(replay.decided.size(), decisions);
  FakeWorld second;
  describe(second);
  second.run([&](Engine& engine) { engine.go_on(replay); });
  EXPECT_THAT(second.executor->words(), ElementsAre(Words{"v", "d"})) << "c was executed, only its decision is missing";
  EXPECT_EQ(second.outcome("s::g::c").attempts, 1);
  EXPECT_EQ(second.undecided, 0u);
}

TEST(Resume, AnAttemptBeforeTheInterruptionCountsAsOne) {
  FakeWorld first;
  first.framework.add("s", "u", {"g::a"});
  first.options.retry.retries = 1;
  first.executor->answer = [](const FakeRun& run) { return all_fail(run); };
  first.run([](Engine& engine) { engine.list(); });
  const Replay replay = record_of(first, place_after(first, index_of(JobEnded{})));
  FakeWorld second;
  second.framework.add("s", "u", {"g::a"});
  second.options.retry.retries = 1;
  second.run([&](Engine& engine) { engine.go_on(replay); });
  EXPECT_EQ(second.outcome("s::g::a").status, Status::flaky);
  EXPECT_EQ(second.outcome("s::g::a").attempts, 2);
  EXPECT_EQ(second.log.all<JobStarted>()[0].attempt, 2);
}

TEST(Resume, RefusesAnotherPlan) {
  FakeWorld world;
  describe(world);
  world.run([](Engine& engine) { engine.list(); });
  const Replay replay = whole_record_of(world);
  EXPECT_EQ(replay.units_listed, 2u);
  EXPECT_EQ(error_of([&] { refuse_other_plan(replay, world.plan, ""); }), "");
  EXPECT_THAT(error_of([&] { refuse_other_plan(replay, world.plan, "new"); }), HasSubstr("the expectation lists have changed"));
  const auto refusal = [&](auto change) {
    Plan other = world.plan;
    change(other);
    return error_of([&] { refuse_other_plan(replay, other, ""); });
  };
  EXPECT_THAT(refusal([](Plan& plan) { plan.streams[0].executor_identity = "fake 2"; }),
              HasSubstr("ran on fake 1, now it would on fake 2"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.streams[0].toolchain_identity = "gcc 13"; }), HasSubstr("now it would be by gcc 13"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.streams[0].suite_revision = "r2"; }), HasSubstr("the suite s has changed"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.streams[0].stream.options = "O2"; }), HasSubstr("is now"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.streams.push_back(plan.streams[0]); }), HasSubstr("it had 1 streams, now there are 2"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.units[0].name = "w"; }), HasSubstr("the tests of u are not the same"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.units[0].cases.pop_back(); }), HasSubstr("the tests of u are not the same"));
  EXPECT_THAT(refusal([](Plan& plan) { plan.units[0].cases[1].name = "z"; }), HasSubstr("the tests of u are not the same"));
}

// The outcomes after judging again with one entry for `glob`.
std::map<CaseIx, Outcome> judged_again(const Replay& replay, const std::string& glob) {
  const TempFolder folder;
  std::vector<Expectations> lists(1);
  if (!glob.empty()) lists[0].add_file(folder.write("new.yaml", "expectations:\n- {test: \"" + glob + "\", reason: now known}\n"));
  std::map<CaseIx, Outcome> outcomes;
  for (const Event& event : judge_again(replay, lists, {}, "2026-11-21")) {
    if (const auto* decided = std::get_if<CaseDecided>(&event.body)) outcomes[decided->test] = decided->outcome;
  }
  return outcomes;
}

TEST(Rejudge, GivesWhatARunWithThatListWouldHaveGiven) {
  FakeWorld world;
  describe(world);
  world.executor->answer = [](const FakeRun& run) {
    return is_about(run, "a") ? ended_with(Exited{1}, "a fail wrong\nb pass\nc pass\ndone\n") : all_pass(run);
  };
  world.run([](Engine& engine) { engine.list(); });
  const Replay replay = whole_record_of(world);
  const auto with_a = judged_again(replay, "s::g::a");
  EXPECT_EQ(with_a.at(0).status, Status::xfail);
  EXPECT_EQ(with_a.at(0).reason, "now known");
  EXPECT_EQ(with_a.at(1).status, Status::pass);
  const auto with_b = judged_again(replay, "s::g::b");
  EXPECT_EQ(with_b.at(0).status, Status::fail);
  EXPECT_EQ(with_b.at(1).status, Status::xpass);
}

TEST(Rejudge, WithoutListsTakesExpectationsAway) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"});
  world.expect_failure("s::*", "known");
  world.executor->answer = [](const FakeRun& run) { return all_fail(run); };
  world.run([](Engine& engine) { engine.list(); });
  EXPECT_EQ(world.outcome("s::g::a").status, Status::xfail);
  EXPECT_EQ(judged_again(whole_record_of(world), "").at(0).status, Status::fail);
}

TEST(Rejudge, LeavesSkipsAndBlocksAndFlakinessAsTheyAre) {
  FakeWorld world;
  describe(world);
  world.options.retry.retries = 1;
  world.framework.units["s"][0].unit.cases[0].skip = "requires x";
  world.executor->answer = [](const FakeRun& run) {
    if (is_about(run, "b")) return ended_with(Exited{1}, "b fail x\nc fail y\ndone\n");
    return all_pass(run);
  };
  world.run([](Engine& engine) { engine.list(); });
  const auto again = judged_again(whole_record_of(world), "nothing");
  EXPECT_EQ(again.at(0).kind, "unsupported");
  EXPECT_EQ(again.at(1).status, Status::fail);
  EXPECT_EQ(again.at(2).status, Status::flaky);
  EXPECT_EQ(again.at(3).reason, "s::g::b failed");
}

TEST(Rejudge, ChangesNothingBesidesTheDecisions) {
  FakeWorld world;
  describe(world);
  world.run([](Engine& engine) { engine.list(); });
  const Replay replay = whole_record_of(world);
  const auto again = judge_again(replay, std::vector<Expectations>(1), {}, "2026-11-21");
  ASSERT_EQ(again.size(), replay.events.size());
  for (std::size_t at = 0; at < again.size(); ++at) EXPECT_EQ(event_to_json(again[at]), event_to_json(replay.events[at]));
}

}  // namespace
}  // namespace xtest
