// SPDX-License-Identifier: Apache-2.0
// The same tests on several executors of a target: one column an executor, and a line for each test whose verdicts differ.
//
// Feed it every event; text() is empty for a target with one executor, and then nothing is kept either.
#pragma once

#include "reports/summary.h"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace xtest {

std::vector<std::string> targets_of(const RunStarted& run);       // each once

// The executors of a target in this run, in order of its streams; checks of the host are none.
std::vector<std::string> executors_of(const RunStarted& run, const std::string& triple);

class Comparison {
 public:
  void on(const Event& event);
  std::string text(const Tally& tally, const std::string& triple, std::size_t most_lines) const;

 private:
  std::string why(const Tally& tally, CaseIx test) const;

  bool is_needed_ = false;
  std::map<CaseIx, std::string> why_;      // one line of what was seen last of a case that did not pass
};

}  // namespace xtest
