// SPDX-License-Identifier: Apache-2.0
// What two runs of the same tests have to agree on, whatever happened to one of them.
#pragma once

#include "tests/support/playground.h"

namespace xtest {

// "group::case" -> "STATUS KIND: MESSAGE", and how often it was decided, if not once. Of a timeout no message: it tells a
// measured time.
inline std::map<std::string, std::string> essence(const std::map<std::string, Verdict>& verdicts) {
  std::map<std::string, std::string> found;
  for (const auto& [name, verdict] : verdicts) {
    found[name] = verdict.status + " " + verdict.kind + ": " + (verdict.status == "timeout" ? "" : verdict.message);
    if (verdict.times_decided != 1) found[name] += " (decided " + std::to_string(verdict.times_decided) + " times)";
  }
  return found;
}

// Sessions of the latest run that were given up.
inline int sessions_lost(const Playground& here) {
  int count = 0;
  for (const auto& event : here.events(here.records().back())) {
    if (event.value("event", "") == "session" && event.value("what", "") == "lost") ++count;
  }
  return count;
}

}  // namespace xtest
