// SPDX-License-Identifier: Apache-2.0
#include "emulators/run_once.h"

#include <exception>
#include <utility>

namespace xtest {
namespace {

std::vector<std::filesystem::path> files_of(const Command& command) {
  std::vector<std::filesystem::path> files;
  for (const Argument& argument : command.argv) {
    if (const auto* path = std::get_if<PathRef>(&argument)) files.push_back(path->host);
  }
  return files;
}

std::chrono::microseconds cpu_of(const Completion& completion) {
  const auto cpu = completion.usage.user + completion.usage.system;
  return cpu.count() > 0 ? cpu : completion.usage.wall;
}

Task<Timed> time_in(Session& session, RunRequest request) {
  co_await session.stage(files_of(request.command));
  const auto before = co_await session.processor_time();
  Timed timed;
  timed.completion = co_await session.run(std::move(request));
  timed.cpu = cpu_of(timed.completion);
  if (!before) co_return timed;
  const auto after = co_await session.processor_time();
  if (after) timed.cpu = *after - *before;
  co_return timed;
}

}  // namespace

Task<Timed> time_once(Executor& executor, RunRequest request) {
  const auto session = co_await executor.open();
  Timed timed;
  std::exception_ptr trouble;
  try {
    timed = co_await time_in(*session, std::move(request));
  } catch (...) {
    trouble = std::current_exception();
  }
  co_await session->close();
  if (trouble) std::rethrow_exception(trouble);
  co_return timed;
}

Task<Completion> run_once(Executor& executor, RunRequest request) {
  Timed timed = co_await time_once(executor, std::move(request));
  co_return std::move(timed.completion);
}

}  // namespace xtest
