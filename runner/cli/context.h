// SPDX-License-Identifier: Apache-2.0
// Everything a run is made of, before anything is run: targets made ready, suites, the plan, expectations. Shared by
// `run`, `plan`, `resume` and `rerun`.
#pragma once

#include "runner/cli/lists.h"
#include "runner/cli/prepare.h"
#include "runner/record/record.h"
#include "suites/expect.h"
#include "suites/lies.h"

#include <set>
#include <string>
#include <vector>

namespace xtest {

struct RunContext {
  RunOptions options;
  Folders folders;
  std::vector<Prepared> prepared;              // each target on each executor that was asked for
  std::vector<PreparedTarget> targets;         // of `prepared`, side by side for the planner
  std::vector<Suite> suites;
  KnownLies lies;
  std::vector<Expectations> expectations;      // one a PreparedTarget
  Plan plan;
  std::filesystem::path work;                  // build products and scratch; its name is the run's id; named as its record
};

// `only` holds result ids (rerun) or is empty. Throws Error{usage}; a plan without a case is left to the caller.
Task<RunContext> make_context(const Registry& registry, RunOptions options, std::filesystem::path work,
                              std::set<std::string> only = {});

int jobs_of(const RunOptions& options);        // of this machine, where -j does not say

// Nothing was selected: says so, with the nearest name that exists. Returns the exit code.
int refuse_empty_plan(const RunContext& context);

}  // namespace xtest
