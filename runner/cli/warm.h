// SPDX-License-Identifier: Apache-2.0
// From the words of a command line to the places of the broker, and back to what `prepare` understands.
#pragma once

#include "runner/broker/broker.h"
#include "runner/cli/commands.h"
#include "runner/cli/options.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct ExecOptions {
  TargetOptions where;
  std::vector<std::string> env;        // "K=V"
  bool there = false;
  std::vector<std::string> words;
};
void add_exec_options(CLI::App& command, ExecOptions& options);   // all but the words

// Relative paths are those of `folder`. Throws Error{usage} if there is no such target.
WarmPlace warm_place(const TargetOptions& options, const std::filesystem::path& folder);

BrokerWorld make_broker_world(const Registry& registry, std::filesystem::path cache);

// A broker that was killed is said and tidied up after.
Task<void> mention_dead_broker();

}  // namespace xtest
