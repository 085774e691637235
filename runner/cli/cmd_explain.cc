// SPDX-License-Identifier: Apache-2.0
// `xtest explain ARCH OBJDUMP < LOOK`: what second_look.cc starts, so that a program's damaged files crash this process only.
#include "emulators/diagnosis/explain.h"
#include "runner/cli/commands.h"
#include "runner/cli/exit_codes.h"

#include <iostream>
#include <iterator>
#include <memory>

namespace xtest {
namespace {

Task<int> explain(std::string arch, std::string objdump) {
  std::string look{std::istreambuf_iterator<char>(std::cin), {}};
  const std::string text = co_await explain_look(std::move(look), std::move(arch), std::move(objdump));
  std::cout << text;
  co_return exit_code::ok;
}

}  // namespace

void add_explain(CLI::App& app, Invocation& invocation) {
  auto words = std::make_shared<std::vector<std::string>>();
  auto* command = add_command(app, "explain", "Says what a look into a process means; used by `xtest run`.");
  command->group("");                      // not for people
  command->add_option("WORDS", *words, "architecture, and the path of an objdump or nothing")->expected(1, 2)->required();
  command->callback([words, &invocation] {
    invocation.chosen = [words] {
      return run_async([&] { return explain(words->front(), words->size() > 1 ? words->back() : ""); });
    };
  });
}

}  // namespace xtest
