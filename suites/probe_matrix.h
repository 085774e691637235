// SPDX-License-Identifier: Apache-2.0
// Which tests a probe becomes on one target: its languages x link kinds x variants, each a cell with the name of a
// case, the artifact behind it, and the reason if it cannot be used here.
//
//   case name   language[-variant][-link, when it is not the language's first]     c   cxx-O2   c-static
//   group       the probe's id; with `group: link` in suite.yaml the link kind     hello::dynamic::c
//
// A language that the user did not ask for (neither found nor absent in the View) makes no cell. Link kinds that the
// target does not have make none either, unless nothing would be left. Pure, any thread; Error{usage} for needs that
// name nothing.
#pragma once

#include "suites/artifact.h"
#include "suites/framework.h"
#include "suites/probe_file.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace xtest {

struct ProbeCell {
  Language language = Language::c;
  std::string link;
  std::string variant;                 // or empty
  std::string name;                    // of the case
  const Toolchain* toolchain = nullptr;   // null: absent
  std::string skip;                    // why it cannot be used here, or empty
};

// `suite_condition` and the probe's own conditions are asked here. A static check has the cells of `artifacts` instead.
std::vector<ProbeCell> probe_cells(const Probe& probe, const std::optional<Expr>& suite_condition, const View& view);

Artifact probe_artifact(const Suite& suite, const Probe& probe, const ProbeCell& cell, const View& view);

// The first of the language, or its usual name when there is none.
std::string toolchain_name(const ProbeCell& cell);

std::string case_name(Language language, const std::string& variant, const std::string& link, const View& view);

// "hello" and all rungs below mean nothing without hello-world; test ids of what this cell needs.
std::vector<std::string> cell_needs(const Suite& suite, std::span<const Probe> probes, const Probe& probe,
                                    const ProbeCell& cell, const View& view);

}  // namespace xtest
