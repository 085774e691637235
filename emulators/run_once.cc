// SPDX-License-Identifier: Apache-2.0
#include "emulators/run_once.h"

#include <exception>

namespace xtest {

Task<Completion> run_once(Executor& executor, RunRequest request, int times) {
  const auto session = co_await executor.open();
  Completion completion;
  std::exception_ptr trouble;
  try {
    for (int turn = 0; turn < times; ++turn) completion = co_await session->run(request);
  } catch (...) {
    trouble = std::current_exception();
  }
  co_await session->close();
  if (trouble) std::rethrow_exception(trouble);
  co_return completion;
}

}  // namespace xtest
