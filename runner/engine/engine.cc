// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/engine.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr int kMostMoves = 5;   // of one execution, before its losses count

bool was_only_nearby(const Completion& completion) {
  const auto* lost = std::get_if<Lost>(&completion.how);
  return lost && !lost->suspect;
}

}  // namespace

Engine::Engine(asio::any_io_executor executor, EngineParts parts, EngineOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      scheduler_(executor, options_.jobs),
      cases_(parts_.plan),
      judge_(parts_, options_, cases_),
      builder_(scheduler_, parts_.emitter, parts_.cache, parts_.work, options_.retry.infra_retries, next_job_),
      preparation_(parts_.plan, cases_, builder_, [this](UnitIx unit) { settle(unit); }),
      performer_(executor, parts_, options_.jobs, scheduler_),
      reuse_(parts_.plan, parts_.targets, parts_.cache, parts_.work) {}

Engine::~Engine() = default;

void Engine::list(UnitIx first) {
  for (UnitIx unit = first; unit < parts_.plan.units.size(); ++unit) {
    const Unit& listed = parts_.plan.units[unit];
    parts_.emitter.emit(UnitListed{listed.stream, unit, listed.name, listed.source, listed.cases,
                                   parts_.plan.first_case[unit], listed.dynamic});
  }
}

void Engine::already_decided(CaseIx test, const Outcome& outcome) { cases_.decided(test, outcome); }

void Engine::go_on(const Replay& replay) {
  next_job_ = replay.next_job;
  for (const auto& [test, outcome] : replay.decided) already_decided(test, outcome);
  for (const auto& [test, attempts] : replay.undecided) {
    for (const Attempt& attempt : attempts) cases_.add_attempt(test, attempt);
  }
}

Task<void> Engine::run() {
  std::exception_ptr problem;
  try {
    for (UnitIx unit = 0; unit < parts_.plan.units.size() && !scheduler_.stopped(); ++unit) begin(unit);
  } catch (...) {
    problem = std::current_exception();
    scheduler_.kill();
  }
  co_await scheduler_.drain();
  if (problem) std::rethrow_exception(problem);
  co_await performer_.close();
}

void Engine::stop() { scheduler_.stop(); }
void Engine::kill() { scheduler_.kill(); }

CaseIx Engine::case_ix(UnitIx unit, std::size_t which) const {
  return parts_.plan.first_case[unit] + static_cast<CaseIx>(which);
}

// What is known not to run is decided at once; the rest starts to build.
void Engine::begin(UnitIx unit) {
  const Unit& listed = parts_.plan.units[unit];
  bool any = false;
  for (std::size_t which = 0; which < listed.cases.size(); ++which) {
    const CaseIx test = case_ix(unit, which);
    if (cases_.is_decided(test)) continue;
    const Expectation* expected = judge_.expectation(test);
    if (!listed.cases[which].skip.empty()) decided(test, skipped("unsupported", listed.cases[which].skip));
    else if (expected && expected->kind == Expectation::Kind::skip)
      decided(test, skipped("expected", expected->reason));
    else any = true;
  }
  if (any) preparation_.begin(unit);
}

void Engine::settle(UnitIx unit) {
  const Preparation::Built& built = preparation_.built(unit);
  Execution execution{unit, {}};
  for (std::size_t which = 0; which < parts_.plan.units[unit].cases.size(); ++which) {
    const CaseIx test = case_ix(unit, which);
    if (cases_.is_decided(test)) continue;
    const std::string blocker = cases_.blocked_by(test);
    if (!blocker.empty()) {
      decided(test, skipped("blocked", blocker));
    } else if (built.failure) {
      if (built.failure->status == Status::infra && is_interrupted()) continue;   // resume tries it again
      observe(test, built.job, *built.failure);
      decided(test, judge_.verdict(test));
    } else if (!cases_.attempts(test).empty()) {
      conclude(unit, which);
    } else {
      execution.which.push_back(which);
    }
  }
  if (!execution.which.empty()) queue(std::move(execution));
}

std::size_t Engine::place(const Execution& execution) const {
  const std::size_t target = parts_.plan.stream_target[parts_.plan.units[execution.unit].stream];
  return execution.confirms ? *parts_.targets[target].confirmed_by : target;
}

const Framework& Engine::framework(const Unit& unit) const {
  const auto found = std::ranges::find_if(
      parts_.frameworks, [&](const auto& framework) { return framework->name() == unit.framework; });
  if (found == parts_.frameworks.end())
    throw Error(ErrorKind::internal, "unit " + unit.name + " names an unknown framework '" + unit.framework + "'");
  return **found;
}

Job Engine::job_of(const Execution& execution, const std::string& nonce) const {
  const Unit& unit = parts_.plan.units[execution.unit];
  return framework(unit).execution(unit, execution.which, nonce);
}

void Engine::queue(Execution execution) {
  Work work = performer_.work_for(job_of(execution, options_.nonce), place(execution));
  work.perform = [this, execution = std::move(execution)](Turn turn) { return perform(execution, turn); };
  scheduler_.add(std::move(work));
}

Task<void> Engine::perform(Execution execution, Turn turn) {
  if (take_over(execution)) co_return;
  const JobId id = next_job_++;
  Order order = this->order(execution, job_of(execution, options_.nonce), id);
  Completion completion = co_await performer_.perform(std::move(order));
  if (was_only_nearby(completion) && execution.moves < kMostMoves) co_return move(std::move(execution), id, std::move(completion));
  if (options_.max_bad == 0) co_await turn.over();      // else the verdict decides whether anything more begins
  understand(std::move(execution), id, std::move(completion));
}

JobStarted Engine::started(const Execution& execution, const Job& job, JobId id) const {
  JobStarted started{id, job.kind, job.place, execution.unit, {}, 1, execution.alone, "", ""};
  for (const std::size_t which : execution.which) started.cases.push_back(case_ix(execution.unit, which));
  return started;
}

Order Engine::order(const Execution& execution, Job job, JobId id) const {
  Order order;
  order.started = started(execution, job, id);
  const CaseIx first = order.started.cases.front();
  order.started.attempt = 1 + static_cast<int>(cases_.attempts(first).size());
  order.started.what = parts_.plan.units[execution.unit].name;
  order.job = std::move(job);
  order.target = place(execution);
  order.company = company_of(execution);
  order.results.patterns = parts_.plan.units[execution.unit].result_files;
  order.results.folder = results_folder(id);
  order.may_look = execution.which.size() == 1 && !judge_.expectation(first);   // of several, the culprit runs alone later
  return order;
}

Company Engine::company_of(const Execution& execution) const {
  if (judge_.is_after_infra(case_ix(execution.unit, execution.which.front()))) return Company::alone_and_fresh;
  return execution.alone ? Company::alone : Company::shared;
}

// Nothing is known of it, and it took nothing down: it goes elsewhere, which is no attempt.
void Engine::move(Execution execution, JobId id, Completion completion) {
  tell_end(id, std::move(completion), false);
  ++execution.moves;
  queue(std::move(execution));
}

}  // namespace xtest
