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

void Attempts::on(const Event& event) {
  if (const auto* seen = std::get_if<CaseObserved>(&event.body)) {
    History& history = seen_[seen->test];
    if (!seen->observed.parent.empty()) {
      ++history.subtests;
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
    if (!job.trusted) std::erase_if(attempts, [&](const Seen& seen) { return seen.job == job.job; });
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
