// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/commands.h"

#include <exception>

namespace xtest {

int run_async(std::function<Task<int>()> task) {
  asio::io_context context(1);
  int code = 0;
  std::exception_ptr error;
  asio::co_spawn(context, task(), [&](std::exception_ptr thrown, int result) {
    error = thrown;
    code = result;
    context.stop();
  });
  context.run();
  if (error) std::rethrow_exception(error);
  return code;
}

}  // namespace xtest
