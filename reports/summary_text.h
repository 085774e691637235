// SPDX-License-Identifier: Apache-2.0
// The end of a run for people: what broke first on every target, what was not run and why, where everything lies.
//
// Made of a Tally and a Comparison, so the console and `xtest show RUN` say the same. Nothing that was left out is passed over.
#pragma once

#include "reports/comparison.h"
#include "reports/failure_block.h"
#include "reports/summary.h"

#include <string>

namespace xtest {

struct SummaryStyle {
  BlockStyle block;
  std::string record, junit;          // paths to show, or empty
  std::size_t most_bad = 40;          // bad results, and differences of a target, that get a line
};

std::string summary_text(const Tally& tally, const Comparison& comparison, const SummaryStyle& style);

// "file ok 18, hello ok 4, stack 2 FAILED of 5, unwinding 3 blocked"
std::string ladder_text(const std::vector<RungState>& ladder);

// "12 pass, 2 crash, 3 skip"
std::string counts_text(const StatusCounts& counts);

}  // namespace xtest
