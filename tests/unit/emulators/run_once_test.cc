// SPDX-License-Identifier: Apache-2.0
#include "emulators/run_once.h"

#include "runner/base/error.h"
#include "tests/support/fake_executor.h"
#include "tests/support/run_task.h"

#include <gtest/gtest.h>

namespace xtest {
namespace {

RunRequest a_request() {
  RunRequest request;
  request.command.argv = {"unit", "case"};
  return request;
}

TEST(RunOnce, GivesTheCompletionAndClosesItsSession) {
  FakeExecutor executor;
  executor.answer = [&](const FakeRun&) { return ended_with(Exited{3}); };
  asio::io_context io;
  const Completion completion = run_task(io, run_once(executor, a_request()));
  EXPECT_EQ(describe(completion.how), "exited with 3");
  EXPECT_EQ(executor.opened, 1);
  EXPECT_EQ(executor.closed, 1);
}

TEST(RunOnce, ClosesItsSessionWhenTheRunThrows) {
  FakeExecutor executor;
  executor.answer = [](const FakeRun&) -> std::optional<Completion> { throw Error(ErrorKind::infra, "no space"); };
  asio::io_context io;
  EXPECT_THROW(run_task(io, run_once(executor, a_request())), Error);
  EXPECT_EQ(executor.closed, 1);
}

}  // namespace
}  // namespace xtest
