// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/collector.h"

#include "tests/support/fake_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace xtest {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Observed seen(Status status, std::string message = "") {
  Observed observed;
  observed.status = status;
  observed.message = std::move(message);
  return observed;
}

Attempt attempt(Status status, std::string kind) {
  Attempt one;
  one.observed.status = status;
  one.observed.kind = std::move(kind);
  return one;
}

TEST(Collector, KeepsTheFirstWordOnACase) {
  const Completion completion = ended_with(Exited{0});
  Collector collector(completion, 2);
  collector.observed(1, seen(Status::fail, "first"));
  collector.observed(1, seen(Status::pass));
  collector.observed(7, seen(Status::pass));
  collector.close(true);
  EXPECT_EQ(collector.result(1)->message, "first");
  EXPECT_EQ(collector.result(0), nullptr);
  EXPECT_THAT(collector.again(), ElementsAre(ElementsAre(0)));
  EXPECT_FALSE(collector.all_passed());
}

TEST(Collector, ASingleCaseAlwaysGetsAResultFromTheEndOfItsProcess) {
  const Completion crashed = ended_with(Signalled{SIGSEGV, "SEGV"});
  Collector collector(crashed, 1);
  collector.close(true);
  EXPECT_EQ(collector.result(0)->status, Status::crash);
  EXPECT_EQ(collector.result(0)->duration, 20ms);
  EXPECT_THAT(collector.again(), IsEmpty());

  const Completion silent = ended_with(Exited{0});
  Collector other(silent, 1);
  other.close(true);
  EXPECT_EQ(other.result(0)->status, Status::fail);
  EXPECT_EQ(other.result(0)->kind, "protocol");
}

TEST(Collector, AnUntrustedAccountOfSeveralIsVoid) {
  const Completion completion = ended_with(Exited{0});
  Collector collector(completion, 2);
  collector.observed(0, seen(Status::pass));
  collector.observed(1, seen(Status::pass));
  collector.close(false);
  EXPECT_THAT(collector.again(), ElementsAre(ElementsAre(0), ElementsAre(1)));
}

TEST(Collector, ACrashCostsWhatWasBeingExecutedAndTheRestRunsWithoutIt) {
  const Completion completion = ended_with(Signalled{SIGSEGV, "SEGV"});
  Collector collector(completion, 6);
  for (const std::size_t which : {0u, 1u, 2u, 3u, 9u}) collector.started(which);
  collector.observed(0, seen(Status::pass));
  collector.observed(2, seen(Status::fail));
  collector.close(false);
  EXPECT_EQ(collector.result(0), nullptr) << "what it said is void";
  EXPECT_THAT(collector.again(), ElementsAre(ElementsAre(1), ElementsAre(3), ElementsAre(0, 2), ElementsAre(4, 5)));
}

TEST(Collector, AnUntrustedPassOfOneIsAProtocolErrorAndAFailureStays) {
  const Completion completion = ended_with(Exited{0});
  Collector passing(completion, 1);
  passing.observed(0, seen(Status::pass));
  passing.close(false);
  EXPECT_EQ(passing.result(0)->kind, "protocol");
  Collector failing(completion, 1);
  failing.observed(0, seen(Status::fail, "said so"));
  failing.close(false);
  EXPECT_EQ(failing.result(0)->message, "said so");
}

TEST(Collector, FillsInSignaturesAndTheDurationOfASingleCase) {
  const Completion completion = ended_with(Exited{1});
  Collector collector(completion, 1);
  collector.observed(0, seen(Status::fail, "lost 3 threads at 0xdead0000"));
  collector.close(true);
  EXPECT_EQ(collector.result(0)->signature, "lost <n> threads at <hex>");
  EXPECT_EQ(collector.result(0)->duration, 20ms);
}

TEST(Collector, DoubtsTheFirstUnexplainedKillAndBelievesTheSecond) {
  const Completion completion = ended_with(Signalled{SIGKILL, "KILL"});
  const Collector collector(completion, 1);
  Observed first = seen(Status::crash);
  collector.doubt_unexplained_kill(first, {});
  EXPECT_EQ(first.status, Status::infra);
  EXPECT_EQ(first.kind, "killed");
  Observed second = seen(Status::crash);
  collector.doubt_unexplained_kill(second, {attempt(Status::infra, "killed")});
  EXPECT_EQ(second.status, Status::crash);
  Observed after_other_trouble = seen(Status::crash);
  collector.doubt_unexplained_kill(after_other_trouble, {attempt(Status::infra, "lost")});
  EXPECT_EQ(after_other_trouble.status, Status::infra);
}

TEST(Collector, APlaceThatIsLostTwiceWasTakenDownByTheCase) {
  const Completion lost = ended_with(Lost{"the agent died"});
  const Collector collector(lost, 1);
  Observed first = seen(Status::infra);
  first.kind = "lost";
  Observed second = first;
  collector.doubt_unexplained_kill(first, {});
  EXPECT_EQ(first.status, Status::infra);
  collector.doubt_unexplained_kill(second, {attempt(Status::infra, "lost")});
  EXPECT_EQ(second.status, Status::crash);
  EXPECT_EQ(second.kind, "took-guest-down");
}

TEST(Collector, DoubtsNoOtherEnd) {
  const Completion terminated = ended_with(Signalled{SIGTERM, "TERM"});
  Observed crash = seen(Status::crash);
  Collector(terminated, 1).doubt_unexplained_kill(crash, {});
  EXPECT_EQ(crash.status, Status::crash);
  const Completion limit = ended_with(TimedOut{});
  Observed timeout = seen(Status::timeout);
  Collector(limit, 1).doubt_unexplained_kill(timeout, {});
  EXPECT_EQ(timeout.status, Status::timeout);
}

}  // namespace
}  // namespace xtest
