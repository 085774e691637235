// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/commands.h"

#include <exception>

namespace xtest {

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& help) {
  const auto end = help.find("\n\n");
  auto* command = app.add_subcommand(name, help.substr(0, end));
  if (end != std::string::npos) command->footer(help.substr(end + 1));
  return command;
}

int run_async(const std::function<Task<int>()>& task) {
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
