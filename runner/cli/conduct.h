// SPDX-License-Identifier: Apache-2.0
// Performs a planned run from the first event to the last: record, reports, signals, exit code.
#pragma once

#include "runner/cli/context.h"

#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct Conduct {
  std::vector<std::string> argv;              // to be recorded
  std::string parent;                         // the run this is a rerun of
  std::size_t outstanding = 0;                // bad results of the parent that are not run again
  std::filesystem::path resume;               // record folder to go on with, or empty
};

// Returns the exit code of `xtest run` (docs/results.md).
Task<int> conduct(const Registry& registry, RunContext context, Conduct how);

}  // namespace xtest
