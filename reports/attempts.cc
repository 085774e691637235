// SPDX-License-Identifier: Apache-2.0
#include "reports/attempts.h"

#include <algorithm>
#include <ranges>

namespace xtest {

const Seen* History::deciding(const Outcome& outcome) const {
  const Seen* last = nullptr;
  for (const Seen& seen : std::views::reverse(attempts)) {
    if (!seen.confirmer.empty()) continue;
    if (seen.observed.status == outcome.raw) return &seen;
    if (!last) last = &seen;
  }
  return last;
}

std::vector<const Observed*> History::deciding_subtests(const Outcome& outcome) const {
  std::vector<const Observed*> found;
  const Seen* seen = deciding(outcome);
  for (const SeenSubtest& subtest : subtests) {
    if (seen && subtest.job == seen->job) found.push_back(&subtest.observed);
  }
  return found;
}

void Attempts::on(const Event& event) {
  if (const auto* seen = std::get_if<CaseObserved>(&event.body)) {
    History& history = seen_[seen->test];
    if (!seen->observed.parent.empty()) {
      if (keeps_subtests_) history.subtests.push_back({seen->job, seen->observed});
      return;
    }
    history.attempts.push_back({seen->job, seen->attempt, seen->observed, {}, seen->confirmer});
    jobs_[seen->job].push_back(seen->test);
  } else if (const auto* job = std::get_if<JobEnded>(&event.body)) {
    ended(*job);
  }
}

void Attempts::ended(const JobEnded& job) {
  const auto cases = jobs_.extract(job.job);
  if (cases.empty() || (job.trusted && job.cached_from.empty())) return;
  for (const CaseIx test : cases.mapped()) {
    const auto found = seen_.find(test);
    if (found == seen_.end()) continue;
    auto& attempts = found->second.attempts;
    const auto is_its = [&](const auto& seen) { return seen.job == job.job; };
    if (!job.trusted) std::erase_if(attempts, is_its), std::erase_if(found->second.subtests, is_its);
    for (Seen& seen : attempts) {
      if (seen.job == job.job) seen.reused_from = job.cached_from;
    }
  }
}

History Attempts::take(CaseIx test) {
  auto node = seen_.extract(test);
  if (node.empty()) return {};
  return std::move(node.mapped());
}

}  // namespace xtest
