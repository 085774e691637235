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

}  // namespace

Task<Completion> run_once(Executor& executor, RunRequest request) {
  const auto session = co_await executor.open();
  Completion completion;
  std::exception_ptr trouble;
  try {
    co_await session->stage(files_of(request.command));
    completion = co_await session->run(std::move(request));
  } catch (...) {
    trouble = std::current_exception();
  }
  co_await session->close();
  if (trouble) std::rethrow_exception(trouble);
  co_return completion;
}

}  // namespace xtest
