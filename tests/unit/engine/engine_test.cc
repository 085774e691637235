// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/engine.h"

#include "tests/support/fake_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace xtest {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Words = std::vector<std::string>;

Completion killed() { return ended_with(Signalled{SIGKILL, "KILL"}); }

TEST(Engine, RunsEveryCaseOnceAndTellsItInOrder) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a", "g::b"});
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.outcome("s::g::b").status, Status::pass);
  EXPECT_EQ(world.undecided, 0u);
  EXPECT_THAT(world.executor->words(), ElementsAre(Words{"u", "a", "b"}));
  Words told;
  for (const Event& event : world.log.events) told.push_back(std::to_string(event.body.index()));
  const auto name = [](const EventBody& body) { return std::to_string(body.index()); };
  EXPECT_THAT(told, ElementsAre(name(SessionChanged{}), name(JobStarted{}), name(CaseObserved{}), name(CaseObserved{}),
                                name(JobEnded{}), name(CaseDecided{}), name(CaseDecided{}), name(SessionChanged{})));
}

TEST(Engine, ASecondLookExplainsOneThatRanAloneAndChangesNoVerdict) {
  FakeWorld world;
  world.framework.add("s", "good", {"g::good"});
  world.framework.add("s", "bad", {"g::bad"});
  world.framework.add("s", "pair", {"g::a", "g::b"});
  world.framework.add("s", "known", {"g::known"});
  world.expect_failure("s::g::known", "known");
  world.executor->answer = [](const FakeRun& run) -> std::optional<Completion> {
    if (run.words.front() == "good") return all_pass(run);
    return ended_with(Signalled{SIGSEGV, "SEGV"}, run.words.size() == 3 ? "a pass\n" : "");
  };
  int looks = 0;
  world.second_look = [&](Session&, RunRequest, Completion& seen, std::size_t) -> Task<std::string> {
    ++looks;
    seen.diagnosis = "it hit a wall";
    co_return "the session is dirty";
  };
  world.run();
  EXPECT_EQ(looks, 2) << "bad and b, which ran alone after its crash";
  EXPECT_EQ(world.outcome("s::g::bad").status, Status::crash);
  EXPECT_EQ(world.observed("s::g::bad").back().hint, "it hit a wall");
  EXPECT_EQ(world.observed("s::g::bad").back().message, "killed by SEGV (11)");
  EXPECT_EQ(world.observed("s::g::b").back().hint, "it hit a wall");
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.outcome("s::g::known").status, Status::xfail);
  int lost = 0;
  for (const SessionChanged& session : world.log.all<SessionChanged>()) lost += session.what == "lost" ? 1 : 0;
  EXPECT_EQ(lost, 2) << "a session that is dirty is not used again";
}

TEST(Engine, ListsItsUnitsFromTheOneAskedFor) {
  FakeWorld world;
  world.framework.add("s", "u1", {"g::a"});
  world.framework.add("s", "u2", {"g::b"});
  world.run([](Engine& engine) { engine.list(1); });
  const auto listed = world.log.all<UnitListed>();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].name, "u2");
  EXPECT_EQ(listed[0].first_case, 1u);
}

TEST(Engine, KeepsSessionsWarmAndClosesThemAtTheEnd) {
  FakeWorld world;
  for (int unit = 0; unit < 20; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  world.run();
  EXPECT_EQ(world.executor->runs.size(), 20u);
  EXPECT_EQ(world.executor->opened, 2);
  EXPECT_EQ(world.executor->closed, 2);
  EXPECT_EQ(world.executor->most_running, 2);
}

TEST(Engine, OpensNoMoreSessionsThanTheExecutorHas) {
  FakeWorld world;
  world.options.jobs = 4;
  world.executor->capacity_.sessions = 1;
  for (int unit = 0; unit < 5; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  world.run();
  EXPECT_EQ(world.executor->opened, 1);
  EXPECT_EQ(world.executor->most_running, 1);
}

TEST(Engine, ScalesTheLimitByWhatTheExecutorNeeds) {
  FakeWorld world;
  world.executor->slowness_ = 2.5;
  world.framework.add("s", "u", {"g::a"});
  world.run();
  EXPECT_EQ(world.executor->runs[0].limit, 2500ms);
}

TEST(Engine, ACalibrationReplacesTheRoughFactor) {
  FakeWorld world;
  world.executor->slowness_ = 2.5;
  world.framework.add("s", "u", {"g::a"});
  world.run([](Engine& engine) { engine.set_time_factor(0, 4.0); });
  EXPECT_EQ(world.executor->runs[0].limit, 4000ms);
}

TEST(Engine, ACrashCostsOneCaseAndNotItsNeighbours) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a", "g::b", "g::c", "g::d"});
  world.executor->answer = [](const FakeRun& run) {
    if (is_about(run, "b")) return ended_with(Signalled{SIGSEGV, "SEGV"}, is_about(run, "a") ? "a pass\nb begins\n" : "");
    return all_pass(run);
  };
  world.run();
  EXPECT_EQ(world.outcome("s::g::b").status, Status::crash);
  for (const char* id : {"s::g::a", "s::g::c", "s::g::d"}) EXPECT_EQ(world.outcome(id).status, Status::pass) << id;
  EXPECT_THAT(world.executor->words(),
              ElementsAre(Words{"u", "a", "b", "c", "d"}, Words{"u", "b"}, Words{"u", "c", "d"}));
  EXPECT_TRUE(world.log.all<JobStarted>()[1].alone);
}

TEST(Engine, AnAccountThatLiesIsVoidAndItsCasesRunOneByOne) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a", "g::b"});
  world.executor->answer = [](const FakeRun& run) {
    if (run.words.size() > 2) return ended_with(Exited{0}, "a pass\nb pass\n");
    return is_about(run, "b") ? all_fail(run) : all_pass(run);
  };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.outcome("s::g::b").status, Status::fail);
  EXPECT_EQ(world.executor->runs.size(), 3u);
  EXPECT_FALSE(world.log.all<JobEnded>()[0].trusted);
  EXPECT_EQ(world.log.all<CaseObserved>().size(), 2u);
}

TEST(Engine, WhatWasSettledOfASingleCaseIsNotVoid) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = [](const FakeRun&) { return ended_with(Exited{0}, "a pass\n"); };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").kind, "protocol");
  EXPECT_EQ(world.log.all<CaseObserved>().size(), 1u);
  EXPECT_TRUE(world.log.all<JobEnded>()[0].trusted) << "a report drops the observations of an untrusted job";
}

TEST(Engine, FailuresAreRetriedAloneAndAPassAfterwardsIsFlaky) {
  FakeWorld world;
  world.options.retry.retries = 1;
  world.framework.add("s", "u", {"g::a", "g::b", "g::c"});
  world.expect_failure("s::g::c", "known");
  int tries = 0;
  world.executor->answer = [&](const FakeRun& run) {
    if (run.words.size() == 4) return ended_with(Exited{1}, "a fail x\nb fail y\nc fail z\ndone\n");
    return is_about(run, "a") && ++tries == 1 ? all_pass(run) : all_fail(run);
  };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::flaky);
  EXPECT_EQ(world.outcome("s::g::b").status, Status::fail);
  EXPECT_EQ(world.outcome("s::g::b").attempts, 2);
  EXPECT_EQ(world.outcome("s::g::c").status, Status::xfail);
  EXPECT_EQ(world.outcome("s::g::c").attempts, 1) << "only the unexpected is retried";
  EXPECT_EQ(world.executor->runs.size(), 3u);
  EXPECT_EQ(world.log.all<JobStarted>()[1].attempt, 2);
}

TEST(Engine, DoesNotRetryWhereMoreThanATenthIsBad) {
  FakeWorld world;
  world.options.jobs = 1;
  world.options.retry.retries = 1;
  for (int unit = 0; unit < 40; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  world.executor->answer = [](const FakeRun& run) { return all_fail(run); };
  world.run();
  EXPECT_EQ(world.undecided, 0u);
  EXPECT_LT(world.executor->runs.size(), 65u);
  EXPECT_EQ(world.outcome("s::g::t39").attempts, 1);
}

TEST(Engine, InfraIsRetriedOnAFreshSession) {
  FakeWorld world;
  world.options.jobs = 1;
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = [](const FakeRun& run) {
    return run.session == "fake#1" ? ended_with(NotStarted{"the server is gone"}) : all_pass(run);
  };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.outcome("s::g::a").attempts, 2);
  EXPECT_EQ(world.executor->opened, 2);
}

TEST(Engine, ALostSessionIsDroppedAndItsCasesRunElsewhere) {
  FakeWorld world;
  world.options.jobs = 1;
  world.framework.add("s", "u", {"g::a", "g::b"});
  world.executor->answer = [](const FakeRun& run) {
    return run.session == "fake#1" ? ended_with(Lost{"the connection ended", true}) : all_pass(run);
  };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.outcome("s::g::b").status, Status::pass);
  const auto sessions = world.log.all<SessionChanged>();
  ASSERT_GE(sessions.size(), 2u);
  EXPECT_EQ(sessions[1].what, "lost");
  EXPECT_EQ(sessions[1].evidence, "the connection ended");
  EXPECT_EQ(world.executor->closed, 1) << "a lost session is not closed politely";
}

TEST(Engine, WhatWasOnlyNearbyWhenASessionWasLostGoesElsewhereWithoutAnAttempt) {
  FakeWorld world;
  world.options.jobs = 1;
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = [](const FakeRun& run) {
    return run.session != "fake#4" ? ended_with(Lost{"the connection ended", false}) : all_pass(run);
  };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.outcome("s::g::a").attempts, 1);
}

TEST(Engine, WhatIsNearbyEachTimeIsTroubleAndNeverTookTheGuestDown) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = [](const FakeRun&) { return ended_with(Lost{"no room", false}); };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::infra);
  EXPECT_EQ(world.outcome("s::g::a").kind, "lost-nearby");
}

TEST(Engine, RunsShareASessionAsDeepAsItGoes) {
  FakeWorld world;
  world.options.jobs = 1;
  world.executor->capacity_ = {1, 2, 1};
  for (int unit = 0; unit < 6; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  world.run();
  EXPECT_EQ(world.executor->opened, 1);
  EXPECT_EQ(world.executor->most_running, 2);
}

TEST(Engine, InfraThatStaysIsInfraAfterItsBudget) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"});
  world.expect_failure("s::g::a", "known");
  world.executor->before_open = [] { throw Error(ErrorKind::infra, "no prefix could be made"); };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::infra);
  EXPECT_EQ(world.outcome("s::g::a").attempts, 3);
  EXPECT_THAT(world.observed("s::g::a")[0].message, HasSubstr("no prefix could be made"));
}

TEST(Engine, OneUnexplainedKillIsNoCrash) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"});
  int kills = 0;
  world.executor->answer = [&](const FakeRun& run) { return ++kills == 1 ? killed() : all_pass(run); };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.observed("s::g::a")[0].status, Status::infra);
}

TEST(Engine, TwoUnexplainedKillsAreACrash) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"});
  world.executor->answer = [](const FakeRun&) { return killed(); };
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::crash);
  EXPECT_EQ(world.executor->runs.size(), 2u);
}

TEST(Engine, ANeedThatFailsBlocksAndNamesTheRoot) {
  FakeWorld world;
  world.framework.add("s", "late", {"g::c"}).cases[0].needs = {"s::g::b"};
  world.framework.add("s", "middle", {"g::b", "g::free"}).cases[0].needs = {"s::g::a"};
  world.framework.add("s", "root", {"g::a"});
  world.executor->answer = [](const FakeRun& run) { return is_about(run, "a") ? all_fail(run) : all_pass(run); };
  world.run();
  for (const char* id : {"s::g::b", "s::g::c"}) {
    EXPECT_EQ(world.outcome(id).status, Status::skip) << id;
    EXPECT_EQ(world.outcome(id).kind, "blocked") << id;
    EXPECT_EQ(world.outcome(id).reason, "s::g::a failed") << id;
  }
  EXPECT_EQ(world.outcome("s::g::free").status, Status::pass);
  EXPECT_THAT(world.executor->words(), ElementsAre(Words{"root", "a"}, Words{"middle", "free"}));
}

TEST(Engine, ANeedThatPassesLetsTheRestRunAfterIt) {
  FakeWorld world;
  world.framework.add("s", "late", {"g::b"}).cases[0].needs = {"s::g::a"};
  world.framework.add("s", "root", {"g::a"});
  world.run();
  EXPECT_THAT(world.executor->words(), ElementsAre(Words{"root", "a"}, Words{"late", "b"}));
}

TEST(Engine, WhatIsUnsupportedOrSkippedByAListNeverRuns) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a", "g::b", "g::c"}).cases[0].skip = "requires threads";
  world.expect_skip("s::g::b", "it hangs the host");
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").kind, "unsupported");
  EXPECT_EQ(world.outcome("s::g::a").reason, "requires threads");
  EXPECT_EQ(world.outcome("s::g::b").reason, "it hangs the host");
  EXPECT_THAT(world.executor->words(), ElementsAre(Words{"u", "c"}));
}

TEST(Engine, ABuildFailureIsOfAllItsCasesAndKeepsTheCompilersWords) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a", "g::b"}).builds = {shell_build("echo 'a.c:1: error: no such thing' >&2; exit 1"),
                                                             shell_build("touch " + (world.folder.path() / "second").string())};
  world.framework.add("s", "v", {"g::c"});
  world.run();
  for (const char* id : {"s::g::a", "s::g::b"}) {
    EXPECT_EQ(world.outcome(id).status, Status::build_fail);
    EXPECT_EQ(world.outcome(id).kind, "compile");
    EXPECT_EQ(world.observed(id)[0].message, "a.c:1: error: no such thing");
  }
  EXPECT_EQ(world.outcome("s::g::c").status, Status::pass);
  EXPECT_FALSE(std::filesystem::exists(world.folder.path() / "second"));
  std::string words;
  for (const JobEnded& job : world.log.all<JobEnded>()) words += job.completion.err.text;
  EXPECT_THAT(words, HasSubstr("no such thing"));
}

TEST(Engine, ACompilerThatSaysItIsDoneButLeavesNothingFailed) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"}).builds = {shell_build("exit 0", {world.folder.path() / "missing"})};
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::build_fail);
}

TEST(Engine, ACompilerThatCannotBeStartedIsInfra) {
  FakeWorld world;
  Job job = shell_build("");
  job.command.argv = {std::string("/nonexistent/gcc")};
  world.framework.add("s", "u", {"g::a"}).builds = {job};
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::infra);
  EXPECT_THAT(world.observed("s::g::a")[0].message, HasSubstr("gcc could not be started"));
}

TEST(Engine, EqualBuildsOfTwoUnitsArePerformedOnce) {
  FakeWorld world;
  const auto count = world.folder.path() / "count";
  for (const char* unit : {"u", "v", "w"})
    world.framework.add("s", unit, {std::string("g::") + unit}).builds = {shell_build("echo x >>'" + count.string() + "'")};
  world.run();
  EXPECT_EQ(std::filesystem::file_size(count), 2u);
  EXPECT_EQ(world.undecided, 0u);
}

TEST(Engine, StopsAfterTheMostBadResultsAndLeavesTheRestUndecided) {
  FakeWorld world;
  world.options.jobs = 1;
  world.options.max_bad = 2;
  for (int unit = 0; unit < 10; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  world.executor->answer = [](const FakeRun& run) { return all_fail(run); };
  world.run();
  EXPECT_TRUE(world.stopped_by_limit);
  EXPECT_EQ(world.executor->runs.size(), 2u);
  EXPECT_EQ(world.undecided, 8u);
}

TEST(Engine, WhatThePoliciesCallGoodDoesNotCountForTheLimit) {
  FakeWorld world;
  world.expect_failure("s::g::*", "known");
  world.options.jobs = 1;
  world.options.max_bad = 1;
  world.options.is_bad = [](Status status) { return status != Status::xpass && weight(status) == Weight::bad; };
  for (int unit = 0; unit < 3; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  world.run();
  EXPECT_EQ(world.outcome("s::g::t2").status, Status::xpass);
  EXPECT_FALSE(world.stopped_by_limit);
}

TEST(Engine, WhatWasBadBeforeTheRunWasResumedDoesNotCountForTheLimit) {
  FakeWorld world;
  world.options.max_bad = 1;
  world.framework.add("s", "u", {"g::a"});
  world.framework.add("s", "v", {"g::b"});
  Outcome failed;
  failed.status = failed.raw = Status::fail;
  world.run([&](Engine& engine) { engine.already_decided(0, failed); });
  EXPECT_EQ(world.outcome("s::g::b").status, Status::pass);
  EXPECT_FALSE(world.stopped_by_limit);
}

TEST(Engine, ABuildIsTriedAgainAfterTroubleThatIsNotTheCompilers) {
  FakeWorld world;
  world.options.retry.infra_retries = 2;
  const std::string count = "echo x >>'" + (world.folder.path() / "count").string() + "'; ";
  world.framework.add("s", "killed once", {"g::a"}).builds = {
      shell_build(count + "[ $(wc -l <'" + (world.folder.path() / "count").string() + "') -gt 1 ] || kill -KILL $$")};
  world.framework.add("s", "always killed", {"g::b"}).builds = {shell_build("kill -KILL $$")};
  world.framework.add("s", "wrong", {"g::c"}).builds = {shell_build("exit 1")};
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::pass);
  EXPECT_EQ(world.outcome("s::g::b").status, Status::infra);
  EXPECT_EQ(world.outcome("s::g::c").status, Status::build_fail);
  std::map<UnitIx, int> builds;
  for (const JobStarted& job : world.log.all<JobStarted>()) builds[job.unit] += job.kind == JobKind::build;
  EXPECT_THAT(builds, ElementsAre(testing::Pair(0, 2), testing::Pair(1, 3), testing::Pair(2, 1)));
}

TEST(Engine, StopLetsWhatRunsEndAndStartsNothingMore) {
  FakeWorld world;
  world.options.jobs = 1;
  for (int unit = 0; unit < 10; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  Engine* running = nullptr;
  world.executor->answer = [&](const FakeRun& run) {
    if (is_about(run, "t3")) running->stop();
    return all_pass(run);
  };
  world.run([&](Engine& engine) { running = &engine; });
  EXPECT_EQ(world.undecided, 6u);
  EXPECT_EQ(world.outcome("s::g::t3").status, Status::pass);
  EXPECT_FALSE(world.stopped_by_limit);
}

TEST(Engine, KillLeavesWhatRanUndecided) {
  FakeWorld world;
  world.framework.add("s", "quick", {"g::a"});
  world.framework.add("s", "hangs", {"g::b"});
  world.framework.add("s", "hangs too", {"g::c"});
  world.framework.add("s", "waits", {"g::d"});
  world.executor->answer = [](const FakeRun& run) {
    return is_about(run, "a") ? std::optional(all_pass(run)) : std::nullopt;
  };
  const auto kill_when_both_hang = [&world](Engine& engine) -> Task<void> {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!world.is_decided("s::g::a") || world.executor->running < 2) {
      timer.expires_after(1ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
    engine.kill();
  };
  world.run({}, kill_when_both_hang);
  EXPECT_EQ(world.undecided, 3u);
  EXPECT_EQ(world.log.all<CaseDecided>().size(), 1u);
  EXPECT_EQ(world.executor->running, 0);
}

TEST(Engine, ExclusiveJobsDoNotOverlap) {
  FakeWorld world;
  world.options.jobs = 4;
  world.framework.exclusive = "port 80";
  for (int unit = 0; unit < 6; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  world.run();
  EXPECT_EQ(world.executor->most_running, 1);
  EXPECT_EQ(world.undecided, 0u);
}

TEST(Engine, WithoutAnExecutorWhatShouldRunIsInfra) {
  FakeWorld world;
  world.executor = nullptr;
  world.framework.add("s", "u", {"g::a"});
  world.run();
  EXPECT_EQ(world.outcome("s::g::a").status, Status::infra);
  EXPECT_THAT(world.observed("s::g::a")[0].message, HasSubstr("no executor can be used"));
}

}  // namespace
}  // namespace xtest
