// SPDX-License-Identifier: Apache-2.0
// Makes targets ready on this machine: finds compilers, asks executors, collects feature words.
#pragma once

#include "runner/cli/locations.h"
#include "runner/cli/options.h"
#include "runner/cli/registry.h"
#include "runner/engine/plan.h"
#include "targets/load.h"

#include <memory>
#include <string>
#include <vector>

namespace xtest {

struct Considered {
  std::string executor;
  Availability availability;
};

struct Prepared {
  PreparedTarget target;
  std::string on;                                  // the executor that was asked for, or empty
  std::shared_ptr<Executor> executor;              // null: none can be used
  std::vector<Considered> considered;              // each executor of the target, and why it is (not) taken
  std::map<Language, ToolchainProblem> problems;   // languages that should be there and are not
};

std::shared_ptr<std::function<void(std::string_view)>> make_say();

// Where a run keeps its temporary things; one struct so that commands need not know the layout.
struct Folders {
  Locations locations;
  std::filesystem::path scratch;
  std::filesystem::path cache;
  std::filesystem::path consoles;                  // of guests
  std::shared_ptr<std::function<void(std::string_view)>> say = make_say();      // to stderr, until a run's reports take it over
};

TargetLibrary open_targets(const Locations& locations, const TargetOptions& options);

Task<Prepared> prepare(const Registry& registry, const Target& target, const TargetOptions& options, const Folders& folders);

// The names of `--on a,b`, one empty name without it. Throws Error{usage}: a name is missing or there twice.
std::vector<std::string> executors_asked_for(const std::string& on);

// The same target with the same toolchains on another executor.
Task<Prepared> prepare_on(const Registry& registry, const Prepared& ready, const TargetOptions& options, const Folders& folders);

std::vector<Language> wanted_languages(const TargetOptions& options);
bool asked_for(const TargetOptions& options, Language language);       // or C and C++, which are always wanted

// Packages that would provide what this target lacks here (compilers that should be there, an executor).
std::vector<std::string> missing_packages(const Prepared& prepared);

// Throws Error{usage} with what is missing and the one command that installs it.
void require_ready(const Prepared& prepared);

}  // namespace xtest
