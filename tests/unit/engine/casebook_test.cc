// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/casebook.h"

#include "tests/support/fake_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Outcome judged(Status status, Status raw) {
  Outcome outcome;
  outcome.status = status;
  outcome.raw = raw;
  return outcome;
}

Outcome judged(Status status) { return judged(status, status); }

// a <- b <- c, each in a unit of its own.
Plan plan_of_forty() {
  FakeWorld world;
  std::vector<std::string> cases;
  for (int i = 0; i < 40; ++i) cases.push_back("g::" + std::to_string(i));
  world.framework.add("s", "u", cases);
  return world.make();
}

struct Chain {
  Chain() {
    world.framework.add("s", "ua", {"g::a"});
    world.framework.add("s", "ub", {"g::b"}).cases[0].needs = {"s::g::a"};
    world.framework.add("s", "uc", {"g::c"}).cases[0].needs = {"s::g::b", "s::other::x"};
    plan = world.make();
  }
  FakeWorld world;
  Plan plan;
};

TEST(CaseBook, KnowsWhichNeedsAreOpen) {
  const Chain chain;
  CaseBook book(chain.plan);
  EXPECT_THAT(book.open_needs(0), IsEmpty());
  EXPECT_THAT(book.open_needs(1), ElementsAre(0));
  EXPECT_THAT(book.open_needs(2), ElementsAre(1)) << "a need outside of the plan is not waited for";
  book.decided(0, judged(Status::pass));
  EXPECT_THAT(book.open_needs(1), IsEmpty());
  EXPECT_EQ(book.blocked_by(1), "");
}

TEST(CaseBook, BlocksWithTheRootCauseThroughAChain) {
  const Chain chain;
  CaseBook book(chain.plan);
  book.decided(0, judged(Status::crash));
  EXPECT_EQ(book.blocked_by(1), "s::g::a failed");
  book.decided(1, skipped("blocked", book.blocked_by(1)));
  EXPECT_EQ(book.blocked_by(2), "s::g::a failed");
}

TEST(CaseBook, SaysWhenTheNeedDidNotBuild) {
  const Chain chain;
  CaseBook book(chain.plan);
  book.decided(0, judged(Status::build_fail));
  EXPECT_EQ(book.blocked_by(1), "s::g::a did not build");
}

TEST(CaseBook, AnExpectedFailureStillBlocks) {
  const Chain chain;
  CaseBook book(chain.plan);
  book.decided(0, judged(Status::xfail, Status::fail));
  EXPECT_EQ(book.blocked_by(1), "s::g::a failed");
}

TEST(CaseBook, InfraUnsupportedFlakyAndUnexpectedPassesDoNotBlock) {
  for (const Outcome& outcome : {judged(Status::infra), skipped("unsupported", "requires x"), judged(Status::flaky, Status::pass),
                                 judged(Status::xpass, Status::pass)}) {
    const Chain chain;
    CaseBook book(chain.plan);
    book.decided(0, outcome);
    EXPECT_EQ(book.blocked_by(1), "") << to_string(outcome.status);
  }
}

TEST(CaseBook, ANeedIsOnlyLookedForOnTheSameTarget) {
  FakeWorld world;
  world.framework.add("s", "ua", {"g::a"});
  world.framework.add("s", "ub", {"g::b"}).cases[0].needs = {"s::g::a"};
  world.targets.push_back(world.targets.front());
  world.targets.back().target.triple = "s390x-unknown-linux-gnu";
  const Plan plan = world.make();
  CaseBook book(plan);
  book.decided(0, judged(Status::fail));
  EXPECT_EQ(book.blocked_by(1), "s::g::a failed");
  EXPECT_EQ(book.blocked_by(3), "");
  EXPECT_THAT(book.open_needs(3), ElementsAre(2));
}

TEST(CaseBook, CountsWhatIsUndecided) {
  const Chain chain;
  CaseBook book(chain.plan);
  EXPECT_EQ(book.undecided(), 3u);
  book.decided(0, judged(Status::fail));
  EXPECT_TRUE(book.is_decided(0));
  EXPECT_EQ(book.undecided(), 2u);
}

TEST(CaseBook, KeepsAttemptsUntilTheCaseIsDecided) {
  const Chain chain;
  CaseBook book(chain.plan);
  EXPECT_THAT(book.attempts(1), IsEmpty());
  book.add_attempt(1, Attempt{5, 1, {}});
  EXPECT_EQ(book.attempts(1).size(), 1u);
  book.decided(1, judged(Status::pass));
  EXPECT_THAT(book.attempts(1), IsEmpty());
}

TEST(CaseBook, GuardsAgainstRerunsWhenMoreThanATenthOfAStreamIsBad) {
  const Plan plan = plan_of_forty();
  CaseBook book(plan);
  for (CaseIx test = 0; test < 3; ++test) book.decided(test, judged(Status::fail));
  EXPECT_FALSE(book.too_many_bad(0)) << "three results say nothing about a stream";
  for (CaseIx test = 3; test < 20; ++test) book.decided(test, judged(Status::pass));
  EXPECT_TRUE(book.too_many_bad(0)) << "3 of 20";
  for (CaseIx test = 20; test < 30; ++test) book.decided(test, judged(Status::pass));
  EXPECT_FALSE(book.too_many_bad(0)) << "3 of 30 is a tenth, not more";
}

TEST(CaseBook, WhatIsBeingRetriedCountsAsBadUntilItIsDecided) {
  const Plan plan = plan_of_forty();
  CaseBook book(plan);
  for (CaseIx test = 0; test < 20; ++test) book.will_retry(test);
  book.will_retry(0);
  EXPECT_TRUE(book.too_many_bad(0)) << "20 of 20";
  for (CaseIx test = 0; test < 20; ++test) book.decided(test, judged(Status::flaky, Status::pass));
  EXPECT_FALSE(book.too_many_bad(0));
}

}  // namespace
}  // namespace xtest
