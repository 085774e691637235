// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/collector.h"

#include "runner/dialects/exit_status.h"
#include "runner/engine/reuse.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace xtest {

Collector::Collector(const Completion& completion, std::size_t cases)
    : completion_(completion), results_(cases), phases_(cases, Phase::waiting) {}

void Collector::observed(std::size_t which, Observed what) {
  if (which >= results_.size() || results_[which]) return;
  results_[which] = std::move(what);
  phases_[which] = Phase::told;
}

void Collector::started(std::size_t which) {
  if (which < phases_.size() && phases_[which] == Phase::waiting) phases_[which] = Phase::started;
}

void Collector::close(bool trusted) {
  if (results_.size() == 1) {
    if (!results_[0] || (!trusted && results_[0]->status == Status::pass)) results_[0] = observed_without_account(completion_);
  } else if (!trusted) {
    std::ranges::fill(results_, std::nullopt);
  }
  for (auto& result : results_) {
    if (!result) continue;
    if (result->signature.empty()) result->signature = make_signature(result->message);
    if (results_.size() == 1 && result->duration.count() == 0) result->duration = completion_.usage.wall;
  }
}

Observed* Collector::result(std::size_t which) { return results_[which] ? &*results_[which] : nullptr; }

std::vector<std::vector<std::size_t>> Collector::again() const {
  std::vector<std::vector<std::size_t>> groups;
  std::vector<std::size_t> told, waiting;
  for (std::size_t which = 0; which < results_.size(); ++which) {
    if (results_[which]) continue;
    if (phases_[which] == Phase::started) groups.push_back({which});
    else (phases_[which] == Phase::told ? told : waiting).push_back(which);
  }
  for (auto* group : {&told, &waiting}) {
    if (group->empty()) continue;
    if (group->size() < results_.size()) groups.push_back(std::move(*group));
    else for (const std::size_t which : *group) groups.push_back({which});   // together it would only happen again
  }
  return groups;
}

bool Collector::all_passed() const {
  return std::ranges::all_of(results_, [](const auto& result) { return result && result->status == Status::pass; });
}

std::string Collector::passes_as_text() const {
  std::vector<Observed> passes;
  for (const auto& result : results_) passes.push_back(*result);
  return text_from_passes(passes);
}

void Collector::doubt_unexplained_kill(Observed& observed, const std::vector<Attempt>& before,
                                       const std::string& confirmer) const {
  const auto was = [&](const char* kind) {
    return std::ranges::any_of(before, [&](const Attempt& attempt) { return attempt.observed.kind == kind && attempt.confirmer == confirmer; });
  };
  if (observed.kind == "lost" && was("lost")) {
    observed.status = Status::crash;
    observed.kind = "took-guest-down";
    observed.message = "its place was lost each time it ran, the second time alone in a new one: " + observed.message;
    return;
  }
  const auto* signalled = std::get_if<Signalled>(&completion_.how);
  if (!signalled || signalled->number != SIGKILL || observed.status != Status::crash) return;
  if (was("killed")) return;
  observed.status = Status::infra;
  observed.kind = "killed";
  observed.message = "killed by SIGKILL, which xtest did not send";
  observed.signature = observed.message;
}

}  // namespace xtest
