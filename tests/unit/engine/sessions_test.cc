// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/sessions.h"

#include <gtest/gtest.h>

#include "runner/base/clock.h"
#include "tests/support/fake_executor.h"
#include "tests/support/run_task.h"

namespace xtest {
namespace {

struct Pool : testing::Test {
  Pool() { executor->capacity_ = {2, 8, 1}; }

  SessionPool make(int most = 2) { return SessionPool(io.get_executor(), executor, most, emitter); }
  Session* take(SessionPool& pool, Company company = Company::shared) { return run_task(io, pool.take(company)); }
  // Begins to take one; what it got is known once it did.
  std::shared_ptr<Session*> ask(SessionPool& pool, Company company) {
    auto got = std::make_shared<Session*>(nullptr);
    asio::co_spawn(io, pool.take(company), [got](std::exception_ptr, Session* session) { *got = session; });
    settle();
    return got;
  }
  void settle() {
    io.restart();
    io.poll();
  }
  Completion run(SessionPool& pool, Session* session) {
    RunRequest request;
    request.command.argv = {std::string("unit"), std::string("case")};
    return run_task(io, pool.run(session, std::move(request)));
  }

  asio::io_context io;
  std::shared_ptr<FakeExecutor> executor = std::make_shared<FakeExecutor>();
  SystemClock clock;
  Emitter emitter{clock, nullptr, {}};
};

TEST_F(Pool, SpreadsRunsOverTheSessionsBeforeItSharesOne) {
  SessionPool pool = make();
  Session *first = take(pool), *second = take(pool), *third = take(pool);
  EXPECT_NE(first, second);
  EXPECT_TRUE(third == first || third == second);
  EXPECT_EQ(executor->opened, 2);
}

TEST_F(Pool, ASessionThatIsFreeIsTakenBeforeAnotherIsOpened) {
  SessionPool pool = make();
  Session* first = take(pool);
  pool.give_back(first);
  EXPECT_EQ(take(pool), first);
  EXPECT_EQ(executor->opened, 1);
}

TEST_F(Pool, RunsThatTakeLongAreNotPutBehindOneAnother) {
  SessionPool pool = make(1);
  Session* session = take(pool);
  run(pool, session);                       // 20 ms over there, no way to speak of
  take(pool);
  const auto third = ask(pool, Company::shared);
  EXPECT_EQ(*third, nullptr) << "one runs, one is there when it ends, and that is enough";
  pool.give_back(session);
  settle();
  EXPECT_EQ(*third, session);
}

TEST_F(Pool, ARunThatIsToBeAloneWaitsUntilNothingElseRunsAndKeepsOthersOut) {
  SessionPool pool = make(1);
  Session* session = take(pool);
  const auto alone = ask(pool, Company::alone);
  const auto later = ask(pool, Company::shared);
  EXPECT_EQ(*alone, nullptr);
  EXPECT_EQ(*later, nullptr);
  pool.give_back(session);
  settle();
  ASSERT_EQ(*alone, session);
  EXPECT_EQ(*later, nullptr);
  pool.give_back(session);
  settle();
  EXPECT_EQ(*later, session);
}

TEST_F(Pool, AFreshSessionTakesTheOldOnesPlace) {
  SessionPool pool = make(1);
  Session* session = take(pool);
  pool.give_back(session);
  Session* fresh = take(pool, Company::alone_and_fresh);
  EXPECT_EQ(fresh->name(), "fake#2");
  EXPECT_EQ(executor->closed, 1);
}

TEST_F(Pool, ALostSessionGoesWithItsLastRunAndNothingMoreBeginsInIt) {
  SessionPool pool = make(1);
  Session* session = take(pool);
  ASSERT_EQ(take(pool), session);
  pool.drop(session, "it went");
  const auto next = ask(pool, Company::shared);
  EXPECT_EQ(*next, nullptr);
  pool.drop(session, "it went");
  settle();
  ASSERT_NE(*next, nullptr);
  EXPECT_EQ((*next)->name(), "fake#2");
}

TEST_F(Pool, ASessionThatCannotBeOpenedLeavesItsPlaceToAnother) {
  SessionPool pool = make(1);
  executor->before_open = [] { throw Error(ErrorKind::infra, "no"); };
  EXPECT_THROW(take(pool), Error);
  executor->before_open = {};
  EXPECT_NE(take(pool), nullptr);
}

TEST_F(Pool, WhoeverWaitsCanBeCancelled) {
  SessionPool pool = make(1);
  executor->capacity_.depth = 1;
  Session* session = take(pool);
  EXPECT_TRUE(cancel_after(io, pool.take(Company::shared), std::chrono::milliseconds(10)));
  pool.give_back(session);
  EXPECT_EQ(take(pool), session);
}

}  // namespace
}  // namespace xtest
