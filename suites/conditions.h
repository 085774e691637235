// SPDX-License-Identifier: Apache-2.0
// `requires:` of suites, probes and languages, asked against what a View has.
//
// The vocabulary is fixed (targets/features.h) plus whatever words this target and its executor brought along, so a
// typo is an Error{usage} with the nearest word and never a test that is silently left out. Pure, any thread.
#pragma once

#include "runner/base/expr.h"
#include "runner/base/yaml.h"
#include "suites/framework.h"

#include <string>

namespace xtest {

Expr read_condition(const YamlNode& node);

// Empty when it holds, else why a case is left out: "requires threads and fork".
std::string why_unmet(const Expr& condition, const View& view);

// Why the language cannot be used: "requires a Go toolchain (no go on PATH; apt-get install golang-go)".
std::string why_absent(Language language, const std::string& reason);

}  // namespace xtest
