// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/scheduler.h"

#include "tests/support/run_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <stdexcept>

namespace xtest {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Work that begins when it is let, ends when the test says so, and is remembered.
class Stage {
 public:
  explicit Stage(int tokens) : scheduler(io.get_executor(), tokens) {}

  struct How {
    std::string place{}, exclusive{};
    int cpus = 1;
    Work::Kind kind = Work::Kind::run;
  };

  void add(const std::string& name) { add(name, How{}); }
  void add(const std::string& name, const How& how) {
    Work work;
    work.kind = how.kind;
    work.place = how.place;
    work.exclusive = how.exclusive;
    work.cpus = how.cpus;
    work.perform = [this, name](Turn) { return perform(name); };
    scheduler.add(std::move(work));
    settle();
  }
  void end(const std::string& name) {
    gates_.at(name)->expires_at(asio::steady_timer::time_point::min());
    settle();
  }
  void fail(const std::string& name) {
    failing = name;
    end(name);
  }
  void settle() {
    io.restart();
    io.poll();
  }
  // What runs now, in the order in which it was started.
  const std::vector<std::string>& running() const { return running_; }

  asio::io_context io;
  Scheduler scheduler;
  std::string failing;
  std::vector<std::string> ended, cancelled;

 private:
  Task<void> perform(std::string name) {
    auto gate = std::make_shared<asio::steady_timer>(io, asio::steady_timer::time_point::max());
    gates_[name] = gate;
    running_.push_back(name);
    while (gate->expiry() == asio::steady_timer::time_point::max()) {
      boost::system::error_code ignored;
      co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
        cancelled.push_back(name);
        std::erase(running_, name);
        throw boost::system::system_error(asio::error::operation_aborted);
      }
    }
    std::erase(running_, name);
    ended.push_back(name);
    if (name == failing) throw std::runtime_error(name + " went wrong");
  }

  std::map<std::string, std::shared_ptr<asio::steady_timer>> gates_;
  std::vector<std::string> running_;
};

TEST(Scheduler, RunsAtMostAsManyAsThereAreTokensInTheOrderAdded) {
  Stage stage(2);
  for (const char* name : {"a", "b", "c", "d"}) stage.add(name);
  EXPECT_THAT(stage.running(), ElementsAre("a", "b"));
  stage.end("b");
  EXPECT_THAT(stage.running(), ElementsAre("a", "c"));
  stage.end("a");
  stage.end("c");
  EXPECT_THAT(stage.running(), ElementsAre("d"));
  stage.end("d");
  EXPECT_EQ(stage.scheduler.running(), 0u);
}

TEST(Scheduler, HeavyWorkWaitsForAllItsTokensAndIsCutToWhatThereIs) {
  Stage stage(2);
  stage.add("light");
  stage.add("heavy", {.cpus = 8});
  EXPECT_THAT(stage.running(), ElementsAre("light"));
  stage.end("light");
  EXPECT_THAT(stage.running(), ElementsAre("heavy"));
  stage.add("next");
  EXPECT_THAT(stage.running(), ElementsAre("heavy"));
  stage.end("heavy");
  EXPECT_THAT(stage.running(), ElementsAre("next"));
}

TEST(Scheduler, WorkWithoutTokensRunsBesideAFullMachine) {
  Stage stage(1);
  stage.add("host");
  stage.add("remote", {.place = "ssh", .cpus = 0});
  EXPECT_THAT(stage.running(), ElementsAre("host", "remote"));
}

TEST(Scheduler, AFullPlaceDoesNotHideAnother) {
  Stage stage(4);
  stage.scheduler.set_slots("wine", {});
  for (const char* name : {"w1", "w2", "w3"}) stage.add(name, {.place = "wine"});
  stage.add("q1", {.place = "qemu"});
  EXPECT_THAT(stage.running(), ElementsAre("w1", "q1"));
  stage.end("w1");
  EXPECT_THAT(stage.running(), ElementsAre("q1", "w2"));
}

TEST(Scheduler, ManyRunsInASessionTakeItsTokensOnce) {
  Stage stage(2);
  stage.scheduler.set_slots("vm", {1, 3, 1});
  for (const char* name : {"a", "b", "c", "d"}) stage.add(name, {.place = "vm"});
  for (const char* name : {"b1", "b2"}) stage.add(name, {.kind = Work::Kind::build});
  EXPECT_THAT(stage.running(), ElementsAre("a", "b", "c", "b1"));
  stage.end("a");
  EXPECT_THAT(stage.running(), ElementsAre("b", "c", "b1", "d"));
  for (const char* name : {"b", "c", "d"}) stage.end(name);
  EXPECT_THAT(stage.running(), ElementsAre("b1", "b2"));
}

TEST(Scheduler, OneOfAGroupRunsAtATimeAndOthersPassIt) {
  Stage stage(4);
  stage.add("a1", {.exclusive = "port"});
  stage.add("a2", {.exclusive = "port"});
  stage.add("b1", {.exclusive = "disk"});
  stage.add("free");
  EXPECT_THAT(stage.running(), ElementsAre("a1", "b1", "free"));
  stage.end("a1");
  EXPECT_THAT(stage.running(), ElementsAre("b1", "free", "a2"));
}

TEST(Scheduler, AStarRunsAlone) {
  Stage stage(4);
  stage.add("a");
  stage.add("alone", {.exclusive = "*"});
  EXPECT_THAT(stage.running(), ElementsAre("a"));
  stage.end("a");
  EXPECT_THAT(stage.running(), ElementsAre("alone"));
  stage.add("b");
  stage.add("compile", {.kind = Work::Kind::build});
  EXPECT_THAT(stage.running(), ElementsAre("alone"));
  stage.end("alone");
  EXPECT_THAT(stage.running(), ElementsAre("b", "compile"));
}

TEST(Scheduler, RunsGoBeforeBuilds) {
  Stage stage(1);
  stage.add("busy");
  stage.add("build", {.kind = Work::Kind::build});
  stage.add("run");
  stage.end("busy");
  EXPECT_THAT(stage.running(), ElementsAre("run"));
  stage.end("run");
  EXPECT_THAT(stage.running(), ElementsAre("build"));
}

TEST(Scheduler, DrainWaitsForWhatIsAddedMeanwhile) {
  asio::io_context io;
  Scheduler scheduler(io.get_executor(), 1);
  int done = 0;
  std::function<void(int)> add = [&](int left) {
    Work work;
    work.perform = [&, left](Turn) -> Task<void> {
      co_await pause_for(1ms);
      ++done;
      if (left > 0) add(left - 1);
    };
    scheduler.add(std::move(work));
  };
  add(4);
  run_task(io, scheduler.drain());
  EXPECT_EQ(done, 5);
}

TEST(Scheduler, WhatIsOverLetsTheNextBeginBeforeItsOwnBooksAreKept) {
  asio::io_context io;
  Scheduler scheduler(io.get_executor(), 1);
  scheduler.set_slots("vm", {});
  std::vector<std::string> told;
  for (const std::string name : {"first", "second", "third"}) {
    Work work;
    work.place = "vm";
    work.exclusive = "*";
    work.perform = [&told, name](Turn turn) -> Task<void> {
      told.push_back(name + " begins");
      co_await pause_for(1ms);
      co_await turn.over();
      told.push_back(name + " is noted");
    };
    scheduler.add(std::move(work));
  }
  run_task(io, scheduler.drain());
  EXPECT_THAT(told, ElementsAre("first begins", "second begins", "first is noted", "third begins", "second is noted",
                                "third is noted"));
}

TEST(Scheduler, TheBooksOfWhatEndsAtOnceDoNotPileUp) {
  asio::io_context io;
  Scheduler scheduler(io.get_executor(), 2);
  int open = 0, most = 0, noted = 0;
  for (int job = 0; job < 1000; ++job) {
    Work work;
    work.perform = [&](Turn turn) -> Task<void> {
      most = std::max(most, ++open);
      co_await turn.over();
      --open, ++noted;
    };
    scheduler.add(std::move(work));
  }
  run_task(io, scheduler.drain());
  EXPECT_EQ(noted, 1000);
  EXPECT_LE(most, 100);
}

TEST(Scheduler, DrainOfNothingReturnsAtOnce) {
  asio::io_context io;
  Scheduler scheduler(io.get_executor(), 1);
  run_task(io, scheduler.drain());
  EXPECT_EQ(scheduler.running(), 0u);
}

TEST(Scheduler, StopStartsNothingMoreAndLetsWhatRunsEnd) {
  Stage stage(1);
  stage.add("a");
  stage.add("b");
  stage.scheduler.stop();
  stage.settle();
  EXPECT_THAT(stage.running(), ElementsAre("a"));
  stage.end("a");
  stage.add("late");
  run_task(stage.io, stage.scheduler.drain());
  EXPECT_THAT(stage.ended, ElementsAre("a"));
  EXPECT_THAT(stage.cancelled, IsEmpty());
}

TEST(Scheduler, KillCancelsWhatRunsAndDrainReturnsQuietly) {
  Stage stage(2);
  for (const char* name : {"a", "b", "c"}) stage.add(name);
  stage.scheduler.kill();
  run_task(stage.io, stage.scheduler.drain());
  EXPECT_THAT(stage.cancelled, ElementsAre("b", "a"));
  EXPECT_THAT(stage.ended, IsEmpty());
  EXPECT_EQ(stage.scheduler.running(), 0u);
}

TEST(Scheduler, AnExceptionStopsTheRestAndComesOutOfDrain) {
  Stage stage(2);
  for (const char* name : {"a", "b", "c"}) stage.add(name);
  stage.fail("a");
  EXPECT_THAT(stage.running(), ElementsAre("b")) << "what runs may end, nothing is started";
  stage.end("b");
  EXPECT_THROW(run_task(stage.io, stage.scheduler.drain()), std::runtime_error);
  EXPECT_THAT(stage.ended, ElementsAre("a", "b"));
}

TEST(Scheduler, ACancelledWaitThatNobodyAskedForIsAnError) {
  asio::io_context io;
  Scheduler scheduler(io.get_executor(), 1);
  Work work;
  work.perform = [](Turn) -> Task<void> {
    co_await pause_for(0ms);
    throw boost::system::system_error(asio::error::operation_aborted);
  };
  scheduler.add(std::move(work));
  EXPECT_THROW(run_task(io, scheduler.drain()), boost::system::system_error);
}

TEST(Scheduler, MayBeStoppedByWorkThatItIsJustStarting) {
  asio::io_context io;
  Scheduler scheduler(io.get_executor(), 4);
  int started = 0;
  const auto flood = [&]() -> Task<void> {
    Work first;
    first.place = "a";
    first.perform = [](Turn) -> Task<void> { co_await pause_for(1ms); };
    scheduler.add(std::move(first));
    for (const char* place : {"b", "c", "d", "e"}) {
      Work work;
      work.place = place;
      work.exclusive = "*";
      work.perform = [&](Turn) -> Task<void> {
        ++started;
        scheduler.stop();
        co_return;
      };
      scheduler.add(std::move(work));
    }
    co_await scheduler.drain();
  };
  run_task(io, flood());
  EXPECT_EQ(started, 1);
}

TEST(Scheduler, AFloodOfWorkThatEndsAtOnceNeedsNoStack) {
  asio::io_context io;
  Scheduler scheduler(io.get_executor(), 2);
  int done = 0;
  const auto flood = [&]() -> Task<void> {
    for (int i = 0; i < 20'000; ++i) {
      Work work;
      work.perform = [&done](Turn) -> Task<void> {
        ++done;
        co_return;
      };
      scheduler.add(std::move(work));
    }
    co_await scheduler.drain();
  };
  run_task(io, flood());
  EXPECT_EQ(done, 20'000);
}

}  // namespace
}  // namespace xtest
