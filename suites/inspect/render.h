// SPDX-License-Identifier: Apache-2.0
#pragma once

// Facts and verdicts of one file as an aligned table for people: what a porter looks up with five calls of readelf.
//
// Pure, any thread. Strings of the file are foreign: terminal escapes and control characters never get through.

#include <string>
#include <vector>

#include "suites/inspect/checks.h"
#include "suites/inspect/facts.h"

namespace xtest {

std::string render_facts(const FileFacts& facts);
std::string render_checks(const std::vector<CheckResult>& checks);

}  // namespace xtest
