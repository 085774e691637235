// SPDX-License-Identifier: Apache-2.0
// What was seen of the cases that are not decided yet.
//
// A sink feeds every event and takes the history of a case when it is decided; memory is bounded by what runs at the
// time. Observations of a job that ended untrusted are void and dropped; those of subtests (Observed::parent) are only
// counted. The observation that decides is the last on the stream's own executor whose status is Outcome::raw, otherwise its
// last.
#pragma once

#include "runner/model/event.h"

#include <unordered_map>
#include <vector>

namespace xtest {

struct Seen {
  JobId job = 0;
  int attempt = 1;
  Observed observed;
  std::string reused_from;   // action or run whose result was taken over, or empty
  std::string confirmer{};   // the executor it ran on to confirm a failure, or empty: the stream's
};

struct History {
  std::vector<Seen> attempts;                 // in order
  std::uint64_t subtests = 0;
  const Seen* deciding(const Outcome& outcome) const;
};

class Attempts {
 public:
  void on(const Event& event);                // CaseObserved and JobEnded; anything else is ignored
  History take(CaseIx test);                  // and forget it
  void forget() { seen_.clear(); jobs_.clear(); }

 private:
  void ended(const JobEnded& job);
  std::unordered_map<CaseIx, History> seen_;
  std::unordered_map<JobId, std::vector<CaseIx>> jobs_;
};

}  // namespace xtest
