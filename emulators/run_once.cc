// SPDX-License-Identifier: Apache-2.0
#include "emulators/run_once.h"

#include <exception>
#include <utility>

namespace xtest {

Task<Completion> run_once(Executor& executor, RunRequest request) {
  const auto session = co_await executor.open();
  Completion completion;
  std::exception_ptr trouble;
  try {
    completion = co_await session->run(std::move(request));
  } catch (...) {
    trouble = std::current_exception();
  }
  co_await session->close();
  if (trouble) std::rethrow_exception(trouble);
  co_return completion;
}

}  // namespace xtest
