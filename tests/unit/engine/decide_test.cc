// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace xtest {
namespace {

Attempt attempt(Status status, std::string kind = "", std::string message = "") {
  Attempt one;
  one.observed.status = status;
  one.observed.kind = std::move(kind);
  one.observed.message = std::move(message);
  return one;
}

Expectation xfail() {
  Expectation expected;
  expected.reason = "known";
  expected.where = Position{"expect.yaml", 4, 3};
  return expected;
}

Status status_of(const std::vector<Attempt>& attempts, const Expectation* expected = nullptr) {
  return decide(attempts, expected).status;
}

TEST(Decide, OneAttemptSpeaksForItself) {
  for (const Status status : {Status::pass, Status::fail, Status::crash, Status::timeout, Status::build_fail, Status::infra,
                              Status::level, Status::skip}) {
    const Outcome outcome = decide(std::vector{attempt(status, "kind")}, nullptr);
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.raw, status);
    EXPECT_EQ(outcome.kind, "kind");
    EXPECT_EQ(outcome.attempts, 1);
    EXPECT_EQ(outcome.expectation, "");
  }
}

TEST(Decide, NothingSeenIsNotRun) {
  EXPECT_EQ(decide({}, nullptr).status, Status::not_run);
  const Expectation expected = xfail();
  EXPECT_EQ(decide({}, &expected).status, Status::not_run);
}

TEST(Decide, ASkipAfterABadAttemptDoesNotHideIt) {
  EXPECT_EQ(status_of({attempt(Status::fail), attempt(Status::skip)}), Status::fail);
}

TEST(Decide, APassAfterABadAttemptIsFlaky) {
  for (const Status bad : {Status::fail, Status::crash, Status::timeout}) {
    const Outcome outcome = decide(std::vector{attempt(bad), attempt(Status::pass)}, nullptr);
    EXPECT_EQ(outcome.status, Status::flaky);
    EXPECT_EQ(outcome.raw, Status::pass);
    EXPECT_EQ(outcome.attempts, 2);
  }
  EXPECT_EQ(status_of({attempt(Status::fail), attempt(Status::infra), attempt(Status::pass)}), Status::flaky);
}

TEST(Decide, TheLastRealAttemptSpeaks) {
  const Outcome outcome = decide(std::vector{attempt(Status::fail, "exit-code"), attempt(Status::crash, "signal")}, nullptr);
  EXPECT_EQ(outcome.status, Status::crash);
  EXPECT_EQ(outcome.kind, "signal");
}

TEST(Decide, InfraDoesNotCountBesideARealAttempt) {
  EXPECT_EQ(status_of({attempt(Status::infra), attempt(Status::pass)}), Status::pass);
  EXPECT_EQ(status_of({attempt(Status::infra), attempt(Status::fail)}), Status::fail);
  EXPECT_EQ(status_of({attempt(Status::fail), attempt(Status::infra)}), Status::fail);
  EXPECT_EQ(status_of({attempt(Status::infra, "lost"), attempt(Status::infra, "setup")}), Status::infra);
}

TEST(Decide, AnExpectedFailureIsXfailWithItsReasonAndPlace) {
  Expectation expected = xfail();
  expected.link = "bug/1";
  for (const Status bad : {Status::fail, Status::crash, Status::timeout, Status::build_fail}) {
    const Outcome outcome = decide(std::vector{attempt(bad, "kind")}, &expected);
    EXPECT_EQ(outcome.status, Status::xfail);
    EXPECT_EQ(outcome.raw, bad) << "a rung that is expected to be broken still blocks";
    EXPECT_EQ(outcome.kind, "kind");
    EXPECT_EQ(outcome.reason, "known (bug/1)");
    EXPECT_EQ(outcome.expectation, "expect.yaml:4:3");
  }
}

TEST(Decide, APassThatWasExpectedToFailIsXpass) {
  const Expectation expected = xfail();
  const Outcome outcome = decide(std::vector{attempt(Status::pass)}, &expected);
  EXPECT_EQ(outcome.status, Status::xpass);
  EXPECT_EQ(outcome.raw, Status::pass);
  EXPECT_EQ(outcome.kind, "unexpected-pass");
}

TEST(Decide, InfraSkipsAndLevelsBypassExpectations) {
  const Expectation expected = xfail();
  for (const Status status : {Status::infra, Status::skip, Status::level}) {
    const Outcome outcome = decide(std::vector{attempt(status, "k", "why")}, &expected);
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.expectation, "");
  }
}

TEST(Decide, ASkipOfTheProgramKeepsItsReason) {
  const Outcome outcome = decide(std::vector{attempt(Status::skip, "unsupported", "requires getrandom")}, nullptr);
  EXPECT_EQ(outcome.reason, "requires getrandom");
}

TEST(Decide, ASkipEntryDoesNotTurnAFailureIntoXfail) {
  Expectation expected = xfail();
  expected.kind = Expectation::Kind::skip;
  EXPECT_EQ(status_of({attempt(Status::fail)}, &expected), Status::fail);
}

TEST(Decide, SkippedCasesHaveNoAttempt) {
  const Outcome outcome = skipped("blocked", "hello::dynamic::c failed");
  EXPECT_EQ(outcome.status, Status::skip);
  EXPECT_EQ(outcome.kind, "blocked");
  EXPECT_EQ(outcome.reason, "hello::dynamic::c failed");
  EXPECT_EQ(outcome.attempts, 0);
}

TEST(Retry, OnlyTheUnexpectedIsRetriedAndOnlySoOften) {
  const RetryPolicy twice{2, 0};
  const Expectation expected = xfail();
  const std::vector<Attempt> one{attempt(Status::fail)};
  EXPECT_TRUE(wants_retry(one, nullptr, twice));
  EXPECT_FALSE(wants_retry(one, &expected, twice));
  EXPECT_FALSE(wants_retry(one, nullptr, RetryPolicy{0, 2}));
  EXPECT_TRUE(wants_retry(std::vector{attempt(Status::fail), attempt(Status::fail)}, nullptr, twice));
  EXPECT_FALSE(wants_retry(std::vector{attempt(Status::fail), attempt(Status::fail), attempt(Status::crash)}, nullptr, twice));
  EXPECT_FALSE(wants_retry(std::vector{attempt(Status::fail), attempt(Status::pass)}, nullptr, twice));
  EXPECT_FALSE(wants_retry(std::vector{attempt(Status::skip)}, nullptr, twice));
}

struct Confirming : testing::Test {
  Basis basis;
  KnownLie lie;

  Confirming() {
    basis.executor = "qemu-user";
    lie.id = "lost";
    lie.what = "exec errors are lost";
    lie.signature = "exec *";
    lie.where = Position{"lies.yaml", 2, 3};
  }
  static Attempt there(Status status, std::string message = "") {
    Attempt one = attempt(status, "kind", std::move(message));
    one.confirmer = "vm:x";
    return one;
  }
  Outcome outcome(const std::vector<Attempt>& attempts) const { return decide(attempts, basis); }
};

TEST_F(Confirming, APassThereIsTheEmulatorsFault) {
  for (const Status bad : {Status::fail, Status::crash, Status::timeout}) {
    const Outcome made = outcome({attempt(bad, "kind", "odd"), attempt(bad, "kind", "odd"), there(Status::pass)});
    EXPECT_EQ(made.status, Status::emulator);
    EXPECT_EQ(made.raw, bad);
    EXPECT_EQ(made.kind, "kind");
    EXPECT_EQ(made.attempts, 3);
    EXPECT_EQ(made.reason, "emulator (qemu-user), not your port: it passes on vm:x");
  }
}

TEST_F(Confirming, AFailureThereIsThePorts) {
  const Outcome made = outcome({attempt(Status::fail, "exit-code", "exited with 1"), there(Status::crash, "killed by SEGV (11)")});
  EXPECT_EQ(made.status, Status::fail);
  EXPECT_EQ(made.kind, "exit-code");
  EXPECT_EQ(made.reason, "port: fails on both (qemu-user: exited with 1, vm:x: killed by SEGV (11))");
}

TEST_F(Confirming, TroubleOrASkipThereConfirmsNothing) {
  for (const Status nothing : {Status::infra, Status::skip}) {
    const Outcome made = outcome({attempt(Status::fail, "exit-code"), there(nothing, "no guest")});
    EXPECT_EQ(made.status, Status::fail);
    EXPECT_EQ(made.reason, "not confirmed: vm:x: no guest");
  }
  EXPECT_EQ(outcome({attempt(Status::fail), there(Status::infra), there(Status::pass)}).status, Status::emulator);
}

TEST_F(Confirming, WhatPassesOnItsOwnExecutorIsFlakyAndNotTheEmulators) {
  EXPECT_EQ(outcome({attempt(Status::fail), attempt(Status::pass)}).status, Status::flaky);
  const std::vector<Attempt> flaky{attempt(Status::fail), attempt(Status::pass)};
  EXPECT_FALSE(wants_confirmation(flaky, nullptr, {1, 2}));
}

TEST_F(Confirming, IsAskedForAnyUnexpectedFailureThatIsNoFailedBuild) {
  const Expectation expected = xfail();
  for (const Status bad : {Status::fail, Status::crash, Status::timeout}) {
    const std::vector<Attempt> one{attempt(bad)};
    EXPECT_TRUE(wants_confirmation(one, nullptr, {}));
    EXPECT_FALSE(wants_confirmation(one, &expected, {}));
  }
  for (const Status other : {Status::pass, Status::build_fail, Status::infra, Status::skip})
    EXPECT_FALSE(wants_confirmation(std::vector{attempt(other)}, nullptr, {}));
  EXPECT_FALSE(wants_confirmation(std::vector{attempt(Status::fail), attempt(Status::infra)}, nullptr, {1, 0})) << "it was seen once";
}

TEST_F(Confirming, IsRepeatedAfterTroubleOnlyAndNotForEver) {
  std::vector<Attempt> attempts{attempt(Status::fail), there(Status::infra)};
  EXPECT_TRUE(wants_confirmation(attempts, nullptr, {0, 1}));
  attempts.push_back(there(Status::infra));
  EXPECT_FALSE(wants_confirmation(attempts, nullptr, {0, 1}));
  EXPECT_FALSE(wants_confirmation(std::vector{attempt(Status::fail), there(Status::fail)}, nullptr, {3, 3}));
  EXPECT_FALSE(wants_retry(attempts, nullptr, {0, 9})) << "trouble there is not trouble here";
}

TEST_F(Confirming, AKnownLieThatFitsIsTheEmulatorsFaultAndIsNamed) {
  basis.lies = {&lie};
  Attempt fits = attempt(Status::fail, "exit-code", "exec went wrong");
  fits.observed.signature = "exec went wrong";
  const Outcome made = outcome({fits});
  EXPECT_EQ(made.status, Status::emulator);
  EXPECT_EQ(made.expectation, "lies.yaml:2:3");
  EXPECT_EQ(made.reason, "emulator (qemu-user), not your port; known lie lost: exec errors are lost");
  EXPECT_EQ(outcome({attempt(Status::fail, "exit-code", "other")}).status, Status::fail);
  EXPECT_EQ(outcome({attempt(Status::pass)}).status, Status::pass);
}

TEST_F(Confirming, AKnownLieDoesNotHideWhatFailsOnBoth) {
  lie.signature = "*";
  basis.lies = {&lie};
  EXPECT_EQ(outcome({attempt(Status::fail), there(Status::fail)}).status, Status::fail);
  const Outcome both = outcome({attempt(Status::fail), there(Status::pass)});
  EXPECT_EQ(both.status, Status::emulator);
  EXPECT_EQ(both.expectation, "lies.yaml:2:3");
  EXPECT_EQ(outcome({attempt(Status::fail), there(Status::infra)}).status, Status::emulator);
}

TEST_F(Confirming, AnExpectationComesFirst) {
  const Expectation expected = xfail();
  basis.expected = &expected;
  basis.lies = {&lie};
  EXPECT_EQ(outcome({attempt(Status::fail), there(Status::pass)}).status, Status::xfail);
}

TEST(Retry, InfraHasABudgetOfItsOwn) {
  const RetryPolicy policy{0, 2};
  const Expectation expected = xfail();
  std::vector<Attempt> attempts{attempt(Status::infra)};
  EXPECT_TRUE(wants_retry(attempts, nullptr, policy));
  EXPECT_TRUE(wants_retry(attempts, &expected, policy)) << "nothing was seen of an expected failure yet";
  attempts.push_back(attempt(Status::infra));
  EXPECT_TRUE(wants_retry(attempts, nullptr, policy));
  attempts.push_back(attempt(Status::infra));
  EXPECT_FALSE(wants_retry(attempts, nullptr, policy));
}

TEST(Retry, InfraDoesNotUseUpTheRetriesOfFailures) {
  EXPECT_TRUE(wants_retry(std::vector{attempt(Status::infra), attempt(Status::infra), attempt(Status::fail)}, nullptr,
                          RetryPolicy{1, 2}));
}

}  // namespace
}  // namespace xtest
