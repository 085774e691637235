// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/commands.h"
#include "suites/inspect/inspect.h"

#include <algorithm>
#include <iostream>

namespace xtest {

void add_inspect(CLI::App& app, Invocation& invocation) {
  auto* command = add_command(app, "inspect", "Reads one ELF or PE file and says what it is; with --expect also whether it is what a target wants.\n\n"
                                                "  xtest inspect ./prog\n  xtest inspect ./prog --json\n  xtest inspect ./prog --expect e.json");
  command->prefix_command();
  command->callback([&invocation] {
    invocation.chosen = [&invocation] {
      const auto word = std::ranges::find(invocation.argv, "inspect");
      const std::vector<std::string> args(word + 1, invocation.argv.end());
      return inspect_main(args, std::cout, std::cerr);
    };
  });
}

}  // namespace xtest
