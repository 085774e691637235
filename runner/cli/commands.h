// SPDX-License-Identifier: Apache-2.0
// The subcommands. Each adds itself to the command line and says what to do when it was given; one cmd_*.cc each.
#pragma once

#include "runner/cli/registry.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace xtest {

struct Invocation {
  const Registry& registry;
  std::vector<std::string> argv;                     // without the program's name
  std::function<int()> chosen;                       // set by the subcommand that was given
};

void add_run(CLI::App& app, Invocation& invocation);         // run, plan
void add_again(CLI::App& app, Invocation& invocation);       // resume, rerun, rejudge
void add_targets(CLI::App& app, Invocation& invocation);     // targets, targets new
void add_doctor(CLI::App& app, Invocation& invocation);
void add_exec(CLI::App& app, Invocation& invocation);        // exec, shell
void add_warm(CLI::App& app, Invocation& invocation);        // up, down, ps, broker
void add_records(CLI::App& app, Invocation& invocation);     // list, show, report
void add_inspect(CLI::App& app, Invocation& invocation);
void add_image(CLI::App& app, Invocation& invocation);       // image list, show, make, fetch, add, verify, rm, prune
void add_expect(CLI::App& app, Invocation& invocation);      // expect explain, check, update
void add_explain(CLI::App& app, Invocation& invocation);

// A subcommand whose first line of help stands in the list, and whose rest (examples) only in its own help.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& help);

// Runs a coroutine to its end on an io_context of its own; exceptions come through.
int run_async(const std::function<Task<int>()>& task);

}  // namespace xtest
