// SPDX-License-Identifier: Apache-2.0
// What is known of every case of a run: its attempts so far, and once decided its raw status, which is the fact that
// other cases need.
//
// Engine thread only. It judges nothing by itself (decide.h does); it remembers, and answers "may this case run?".
#pragma once

#include "runner/engine/case_index.h"
#include "runner/engine/decide.h"
#include "runner/engine/plan.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace xtest {

class CaseBook {
 public:
  explicit CaseBook(const Plan& plan);

  void add_attempt(CaseIx test, Attempt attempt);
  const std::vector<Attempt>& attempts(CaseIx test) const;
  void will_retry(CaseIx test);             // it was bad and runs once more
  void decided(CaseIx test, const Outcome& outcome);
  bool is_decided(CaseIx test) const { return state_[test].decided; }
  std::size_t undecided() const { return undecided_; }

  // Needs of this case that are part of the plan and not decided yet.
  std::vector<CaseIx> open_needs(CaseIx test) const;
  // Why the case means nothing any more ("hello::dynamic::c failed"), or empty.
  std::string blocked_by(CaseIx test) const;
  // More than a tenth of what the stream has shown so far is bad: no more reruns there.
  bool too_many_bad(StreamIx stream) const;

 private:
  struct State {
    bool decided = false;
    bool retrying = false;
    bool blocks = false;             // what needs it is blocked
    std::string root;                // the failure behind it: its own id, or the one it was blocked by
  };
  struct StreamState { std::size_t decided = 0, bad = 0, retrying = 0; };

  const Plan& plan_;
  std::vector<State> state_;
  std::vector<StreamState> streams_;
  std::unordered_map<CaseIx, std::vector<Attempt>> attempts_;   // of undecided cases only
  CaseIndex needed_;                                            // only those that somebody needs
  std::size_t undecided_;
};

}  // namespace xtest
