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

TEST(TimeOnce, CountsWhatThePlaceUsedAndElseWhatTheProgramDid) {
  using std::chrono_literals::operator""ms;
  FakeExecutor executor;
  executor.answer = [&](const FakeRun&) {
    if (executor.processor_time) *executor.processor_time += 30ms;
    Completion completion = ended_with(Exited{0});
    completion.usage = {70ms, 10ms, 90ms};
    return std::optional(completion);
  };
  asio::io_context io;
  EXPECT_EQ(run_task(io, time_once(executor, a_request())).cpu, 80ms);
  executor.processor_time = 5ms;
  EXPECT_EQ(run_task(io, time_once(executor, a_request())).cpu, 30ms);
}

}  // namespace
}  // namespace xtest
