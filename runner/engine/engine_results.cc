// SPDX-License-Identifier: Apache-2.0
// From what a job came to, or an earlier run knew, to the verdicts of its cases, or to further executions.
#include "runner/engine/collector.h"
#include "runner/engine/engine.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr const char* kSameNonce = "reuse";   // for what is compared with other runs

void add_diagnosis(Observed& observed, const std::string& diagnosis) {
  if (!observed.hint.empty() && !diagnosis.empty()) observed.hint += '\n';
  observed.hint += diagnosis;
}

}  // namespace

// A retry is to be seen to run.
bool Engine::may_reuse(const Execution& execution) const {
  return options_.reuse_results && std::ranges::all_of(execution.which, [&](std::size_t which) {
           return cases_.attempts(case_ix(execution.unit, which)).empty();
         });
}

bool Engine::take_over(const Execution& execution) {
  if (!may_reuse(execution)) return false;
  const Job job = job_of(execution, kSameNonce);
  auto found = reuse_.find(parts_.plan.units[execution.unit], job, execution.which.size());
  if (!found) return false;
  const JobId id = next_job_++;
  JobStarted started = this->started(execution, job, id);
  started.alone = false;
  started.what = "taken over";
  parts_.emitter.emit(started);
  JobEnded ended{id, {}, found->key, true};
  ended.completion.how = Exited{0};
  for (std::size_t at = 0; at < found->passes.size(); ++at) observe(started.cases[at], id, std::move(found->passes[at]));
  parts_.emitter.emit(std::move(ended));
  for (const std::size_t which : execution.which) conclude(execution.unit, which);
  return true;
}

void Engine::understand(Execution execution, JobId id, Completion completion) {
  const Unit& unit = parts_.plan.units[execution.unit];
  Collector collector(completion, execution.which.size());
  auto reader = framework(unit).reader(unit, execution.which, options_.nonce);
  reader->feed(Channel::out, completion.out.text, collector);
  reader->feed(Channel::err, completion.err.text, collector);
  const bool trusted = reader->end(completion, collector);
  collector.close(trusted);
  if (may_reuse(execution)) reuse_.keep(unit, job_of(execution, kSameNonce), collector);
  const std::string confirmer = execution.confirms ? parts_.targets[place(execution)].executor : "";
  for (std::size_t at = 0; at < execution.which.size(); ++at) {
    const CaseIx test = case_ix(execution.unit, execution.which[at]);
    Observed* observed = collector.result(at);
    if (!observed) continue;
    if (observed->status != Status::pass) add_diagnosis(*observed, completion.diagnosis);
    if (execution.which.size() == 1) collector.doubt_unexplained_kill(*observed, cases_.attempts(test), confirmer);
    observe(test, id, std::move(*observed), confirmer);
  }
  // What the collector settled of a single case is not the job's account and stays.
  tell_end(id, std::move(completion), trusted || execution.which.size() == 1);
  // Each is smaller than what ran, so it always ends.
  for (const auto& group : collector.again()) {
    Execution again{execution.unit, {}, group.size() == 1, execution.confirms};
    for (const std::size_t at : group) again.which.push_back(execution.which[at]);
    queue(std::move(again));
  }
  for (std::size_t at = 0; at < execution.which.size(); ++at) {
    if (collector.has_result(at)) conclude(execution.unit, execution.which[at]);
  }
}

// What it printed is in the observations, what it left goes to the record.
void Engine::tell_end(JobId id, Completion completion, bool trusted) {
  std::error_code ignored;
  parts_.emitter.keep(completion.files);
  if (!completion.files.empty()) std::filesystem::remove_all(results_folder(id), ignored);
  JobEnded ended{id, std::move(completion), "", trusted};
  ended.completion.out = ended.completion.err = Output{};
  parts_.emitter.emit(std::move(ended));
}

void Engine::observe(CaseIx test, JobId job, Observed what, const std::string& confirmer) {
  Attempt attempt{job, 1 + static_cast<int>(cases_.attempts(test).size()), std::move(what), confirmer};
  parts_.emitter.emit(CaseObserved{job, test, attempt.number, attempt.observed, confirmer});
  cases_.add_attempt(test, std::move(attempt));
}

void Engine::conclude(UnitIx unit, std::size_t which) {
  const CaseIx test = case_ix(unit, which);
  if (judge_.wants_retry(test)) {
    if (is_interrupted()) return;   // undecided, so that resume tries it again
    if (!judge_.is_after_infra(test)) cases_.will_retry(test);
    if (!scheduler_.stopped()) return queue(Execution{unit, {which}, true});
  }
  if (judge_.wants_confirmation(test)) {
    if (is_interrupted()) return;
    if (!scheduler_.stopped() && begin_confirmation(unit, which)) return;
  }
  decided(test, judge_.verdict(test));
}

bool Engine::begin_confirmation(UnitIx unit, std::size_t which) {
  const CaseIx test = case_ix(unit, which);
  Execution execution{unit, {which}, true, true};
  const auto skip = parts_.plan.not_confirmable.find(test);
  if (skip == parts_.plan.not_confirmable.end()) {
    confirm(std::move(execution));
    return true;
  }
  Observed unsupported;
  unsupported.status = Status::skip;
  unsupported.kind = "unsupported";
  unsupported.message = skip->second;
  observe(test, cases_.attempts(test).back().job, std::move(unsupported), parts_.targets[place(execution)].executor);
  return false;
}

// What only confirms is measured when it is first needed: it may be a guest, which nothing else would boot.
void Engine::confirm(Execution execution) {
  const std::size_t target = place(execution);
  if (!parts_.calibrate || !parts_.targets[target].only_confirms || calibrated_.contains(target)) return queue(std::move(execution));
  auto& waiting = uncalibrated_[target];
  waiting.push_back(std::move(execution));
  if (waiting.size() > 1) return;
  Work work;
  work.perform = [this, target](Turn) { return calibrate(target); };
  scheduler_.add(std::move(work));
}

Task<void> Engine::calibrate(std::size_t target) {
  if (const auto factor = co_await parts_.calibrate(target)) performer_.set_time_factor(target, *factor);
  calibrated_.insert(target);
  for (Execution& execution : uncalibrated_[target]) queue(std::move(execution));
}

void Engine::decided(CaseIx test, const Outcome& outcome) {
  parts_.emitter.emit(CaseDecided{test, outcome});
  cases_.decided(test, outcome);
  if (options_.is_bad(outcome.status)) ++bad_;
  if (options_.max_bad > 0 && bad_ >= options_.max_bad && !scheduler_.stopped()) {
    stopped_by_limit_ = true;
    scheduler_.stop();
  }
  preparation_.decided(test);
}

}  // namespace xtest
