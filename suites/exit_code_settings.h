// SPDX-License-Identifier: Apache-2.0
// The keys of an `exit-code` suite (suites/exit_code_framework.h) and the files that they choose. Pure but for reading the folder;
// Error{usage} with the place in suite.yaml.
#pragma once

#include "runner/base/expr.h"
#include "suites/suite.h"
#include "targets/target.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct ExitCodeSettings {
  struct OptionSet {
    std::string name;
    std::vector<std::string> flags;       // those of the suite before its own
  };
  std::vector<std::string> sources, exclude, links;
  std::vector<OptionSet> option_sets;     // at least one
  std::optional<Expr> condition;
  std::chrono::milliseconds build_limit{0};
  bool has_directives = false;            // dialect: dg
  Position sources_at;
};

struct ExitCodeSource {
  std::string relative;                   // "sub/a.c"
  Language language = Language::c;
};

ExitCodeSettings read_exit_code_settings(const Suite& suite);

// In order; never empty.
std::vector<ExitCodeSource> find_exit_code_sources(const Suite& suite, const ExitCodeSettings& settings);

}  // namespace xtest
