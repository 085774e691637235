// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/casebook.h"

#include <unordered_set>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t kGuardFrom = 20;     // cases of a stream before the rerun guard speaks

}  // namespace

CaseBook::CaseBook(const Plan& plan)
    : plan_(plan), state_(plan.case_unit.size()), streams_(plan.streams.size()), undecided_(plan.case_unit.size()) {
  std::unordered_set<std::string> needed;
  for (const Unit& unit : plan.units) {
    for (const Case& test : unit.cases) needed.insert(test.needs.begin(), test.needs.end());
  }
  if (needed.empty()) return;
  for (CaseIx test = 0; test < state_.size(); ++test) {
    const std::string id = plan.id(test);
    if (needed.contains(id)) needed_.add(plan.stream_of(test), id, test);
  }
}

void CaseBook::add_attempt(CaseIx test, Attempt attempt) { attempts_[test].push_back(std::move(attempt)); }

const std::vector<Attempt>& CaseBook::attempts(CaseIx test) const {
  static const std::vector<Attempt> none;
  const auto found = attempts_.find(test);
  return found == attempts_.end() ? none : found->second;
}

void CaseBook::will_retry(CaseIx test) {
  if (std::exchange(state_[test].retrying, true)) return;
  ++streams_[plan_.units[plan_.case_unit[test]].stream].retrying;
}

void CaseBook::decided(CaseIx test, const Outcome& outcome) {
  State& state = state_[test];
  if (!state.decided) --undecided_;
  state.decided = true;
  const bool raw_bad = weight(outcome.raw) == Weight::bad;
  const bool was_blocked = outcome.status == Status::skip && outcome.kind == "blocked";
  state.blocks = raw_bad || was_blocked;
  if (raw_bad) state.root = plan_.id(test) + (outcome.raw == Status::build_fail ? " did not build" : " failed");
  if (was_blocked) state.root = outcome.reason;
  StreamState& stream = streams_[plan_.units[plan_.case_unit[test]].stream];
  ++stream.decided;
  if (std::exchange(state.retrying, false)) --stream.retrying;
  if (weight(outcome.status) == Weight::bad) ++stream.bad;
  attempts_.erase(test);
}

std::vector<CaseIx> CaseBook::open_needs(CaseIx test) const {
  std::vector<CaseIx> open;
  for (const std::string& need : plan_.at(test).needs) {
    const CaseIx* needed = needed_.find(plan_.stream_of(test), need);
    if (needed && !state_[*needed].decided) open.push_back(*needed);
  }
  return open;
}

std::string CaseBook::blocked_by(CaseIx test) const {
  for (const std::string& need : plan_.at(test).needs) {
    const CaseIx* needed = needed_.find(plan_.stream_of(test), need);
    if (needed && state_[*needed].blocks) return state_[*needed].root;
  }
  return {};
}

bool CaseBook::too_many_bad(StreamIx stream) const {
  const StreamState& state = streams_[stream];
  const std::size_t seen = state.decided + state.retrying;
  return seen >= kGuardFrom && (state.bad + state.retrying) * 10 > seen;
}

}  // namespace xtest
