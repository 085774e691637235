// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/engine.h"

#include "runner/base/process.h"
#include "runner/engine/collector.h"
#include "runner/engine/reuse.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr std::chrono::minutes kCheckLimit{1};

std::string place_of(const std::string& executor, std::size_t target) {
  return executor + "#" + std::to_string(target);
}

constexpr int kMostMoves = 5;   // of one execution, before its losses count

bool was_only_nearby(const Completion& completion) {
  const auto* lost = std::get_if<Lost>(&completion.how);
  return lost && !lost->suspect;
}

bool is_lost(const Completion& completion) { return std::holds_alternative<Lost>(completion.how); }

RunRequest request_of(const Job& job, double time_factor) {
  RunRequest request;
  request.command = job.command;
  const auto limit = static_cast<double>(job.command.limits.wall.count());
  request.command.limits.wall = std::chrono::milliseconds(static_cast<std::int64_t>(time_factor * limit));
  return request;
}

bool is_cancelled(const std::exception& error) {
  const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
  return system && system->code() == asio::error::operation_aborted;
}

void add_diagnosis(Observed& observed, const std::string& diagnosis) {
  if (!observed.hint.empty() && !diagnosis.empty()) observed.hint += '\n';
  observed.hint += diagnosis;
}

bool is_after_infra(const std::vector<Attempt>& attempts) {
  return !attempts.empty() && attempts.back().observed.status == Status::infra;
}

}  // namespace

Engine::Engine(asio::any_io_executor executor, EngineParts parts, EngineOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      scheduler_(executor, options_.jobs),
      cases_(parts_.plan),
      builder_(scheduler_, parts_.emitter, parts_.cache, parts_.work, options_.retry.infra_retries, next_job_),
      time_factor_(parts_.targets.size(), 1.0),
      units_(parts_.plan.units.size()) {
  for (std::size_t target = 0; target < parts_.executors.size(); ++target) {
    const auto& known = parts_.executors[target];
    if (!known) {
      pools_.push_back(nullptr);
      continue;
    }
    time_factor_[target] = known->slowness();
    const Capacity capacity = known->capacity();
    const int sessions = std::min(capacity.sessions, options_.jobs / std::max(capacity.cpus, 1));
    pools_.push_back(std::make_unique<SessionPool>(executor, known, sessions, parts_.emitter));
    if (sessions > 0) scheduler_.set_slots(place_of(known->name(), target), {sessions, capacity.depth, capacity.cpus});
  }
}

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
    for (UnitIx unit = 0; unit < units_.size() && !scheduler_.stopped(); ++unit) begin(unit);
  } catch (...) {
    problem = std::current_exception();
    scheduler_.kill();
  }
  co_await scheduler_.drain();
  if (problem) std::rethrow_exception(problem);
  for (auto& pool : pools_) {
    if (pool) co_await pool->close();
  }
}

void Engine::stop() { scheduler_.stop(); }
void Engine::kill() { scheduler_.kill(); }

CaseIx Engine::case_ix(UnitIx unit, std::size_t which) const {
  return parts_.plan.first_case[unit] + static_cast<CaseIx>(which);
}

const Framework& Engine::framework(const Unit& unit) const {
  const auto found = std::ranges::find_if(
      parts_.frameworks, [&](const auto& framework) { return framework->name() == unit.framework; });
  if (found == parts_.frameworks.end())
    throw Error(ErrorKind::internal, "unit " + unit.name + " names an unknown framework '" + unit.framework + "'");
  return **found;
}

const Expectation* Engine::expectation(CaseIx test) const {
  const std::size_t target = target_of(parts_.plan.case_unit[test]);
  return parts_.expectations[target].find(parts_.plan.id(test), parts_.targets[target].features, options_.today);
}

Basis Engine::basis(CaseIx test) const {
  const StreamInfo& stream = parts_.plan.streams[parts_.plan.units[parts_.plan.case_unit[test]].stream];
  Basis basis(expectation(test));
  basis.executor = stream.stream.executor;
  if (parts_.lies) basis.lies = parts_.lies->candidates(stream, parts_.plan.id(test), options_.today);
  return basis;
}

// What is known not to run is decided at once; the rest starts to build.
void Engine::begin(UnitIx unit) {
  const Unit& listed = parts_.plan.units[unit];
  bool any = false;
  for (std::size_t which = 0; which < listed.cases.size(); ++which) {
    const CaseIx test = case_ix(unit, which);
    if (cases_.is_decided(test)) continue;
    const Expectation* expected = expectation(test);
    if (!listed.cases[which].skip.empty()) decided(test, skipped("unsupported", listed.cases[which].skip));
    else if (expected && expected->kind == Expectation::Kind::skip)
      decided(test, skipped("expected", expected->reason));
    else any = true;
  }
  if (any) build_next(unit);
}

void Engine::build_next(UnitIx unit) {
  UnitState& state = units_[unit];
  const Unit& listed = parts_.plan.units[unit];
  if (state.next_build == listed.builds.size() || state.build_failure) return when_needs_known(unit);
  const Job& job = listed.builds[state.next_build++];
  builder_.request(unit, job, [this, unit](const BuildResult& result) {
    units_[unit].build_job = result.job;
    if (!result.ok) units_[unit].build_failure = result.failure;
    build_next(unit);
  });
}

void Engine::when_needs_known(UnitIx unit) {
  UnitState& state = units_[unit];
  for (std::size_t which = 0; which < parts_.plan.units[unit].cases.size(); ++which) {
    for (const CaseIx need : cases_.open_needs(case_ix(unit, which))) {
      ++state.open_needs;
      waiting_[need].push_back(unit);
    }
  }
  if (state.open_needs == 0) settle(unit);
}

void Engine::settle(UnitIx unit) {
  const UnitState& state = units_[unit];
  Execution execution{unit, {}};
  for (std::size_t which = 0; which < parts_.plan.units[unit].cases.size(); ++which) {
    const CaseIx test = case_ix(unit, which);
    if (cases_.is_decided(test)) continue;
    const std::string blocker = cases_.blocked_by(test);
    if (!blocker.empty()) {
      decided(test, skipped("blocked", blocker));
    } else if (state.build_failure) {
      if (state.build_failure->status == Status::infra && is_interrupted()) continue;   // resume tries it again
      observe(test, state.build_job, *state.build_failure);
      decided(test, decide(cases_.attempts(test), basis(test)));
    } else if (!cases_.attempts(test).empty()) {
      conclude(unit, which);
    } else {
      execution.which.push_back(which);
    }
  }
  if (!execution.which.empty()) queue(std::move(execution));
}

std::size_t Engine::place(const Execution& execution) const {
  const std::size_t target = target_of(execution.unit);
  return execution.confirms ? *parts_.targets[target].confirmed_by : target;
}

SessionPool* Engine::pool(const Execution& execution, const Job& job) {
  return job.place == Place::target ? pools_[place(execution)].get() : nullptr;
}

void Engine::queue(Execution execution) {
  const Unit& unit = parts_.plan.units[execution.unit];
  const Job job = framework(unit).execution(unit, execution.which, options_.nonce);
  Work work;
  work.exclusive = job.exclusive;
  work.cpus = job.cpus;
  if (SessionPool* sessions = pool(execution, job)) {
    work.place = place_of(sessions->executor().name(), place(execution));
    work.cpus = std::max(job.cpus - 1 + sessions->executor().capacity().cpus, 0);
  }
  work.perform = [this, execution = std::move(execution)](Turn turn) { return perform(execution, turn); };
  scheduler_.add(std::move(work));
}

Task<void> Engine::perform(Execution execution, Turn turn) {
  const Unit& unit = parts_.plan.units[execution.unit];
  const Job job = framework(unit).execution(unit, execution.which, options_.nonce);
  if (take_over(execution, job)) co_return;
  const JobId id = next_job_++;
  Completion completion = co_await execute(job, execution, id, pool(execution, job));
  if (was_only_nearby(completion) && execution.moves < kMostMoves) co_return move(std::move(execution), id, std::move(completion));
  if (options_.max_bad == 0) co_await turn.over();      // else the verdict decides whether anything more begins
  understand(std::move(execution), id, std::move(completion));
}

// Nothing is known of it, and it took nothing down: it goes elsewhere, which is no attempt.
void Engine::move(Execution execution, JobId id, Completion completion) {
  JobEnded ended{id, std::move(completion), "", false};
  ended.completion.out = ended.completion.err = Output{};
  parts_.emitter.emit(std::move(ended));
  ++execution.moves;
  queue(std::move(execution));
}

Task<Completion> Engine::execute(const Job& job, const Execution& execution, JobId id, SessionPool* pool) {
  JobStarted started{id, job.kind, job.place, execution.unit, {}, 1, execution.alone, "", ""};
  for (const std::size_t which : execution.which) started.cases.push_back(case_ix(execution.unit, which));
  started.attempt = 1 + static_cast<int>(cases_.attempts(started.cases.front()).size());
  started.what = parts_.plan.units[execution.unit].name;
  if (job.place == Place::host) {
    parts_.emitter.emit(std::move(started));
    ProcessSpec spec;
    spec.argv = host_argv(job.command);
    spec.env = clean_environment(job.command.env);
    spec.out_head = job.command.limits.out_head;
    spec.limit = kCheckLimit;
    co_return co_await run_process(std::move(spec));
  }
  Completion completion;
  Session* session = nullptr;
  std::string trouble;   // of the session: nothing else may run in it
  try {
    if (!pool) throw Error(ErrorKind::infra, "no executor can be used for this target");
    session = co_await pool->take(company_of(execution));
    started.session = session->name();
    parts_.emitter.emit(started);
    co_await session->stage(job.inputs);
    const std::size_t at = place(execution);
    completion = co_await pool->run(session, request_of(job, time_factor_[at]));
    if (deserves_second_look(execution, completion))
      trouble = co_await parts_.second_look(*session, request_of(job, time_factor_[at]), completion, at);
  } catch (const std::exception& error) {
    if (is_cancelled(error)) {
      if (session) pool->drop(session, "interrupted");
      throw;
    }
    if (!session) parts_.emitter.emit(started);
    trouble = error.what();
    completion.how = NotStarted{trouble};
  }
  if (!session) co_return completion;
  completion.session = session->name();
  if (is_lost(completion)) trouble = std::get<Lost>(completion.how).why;
  if (!trouble.empty()) pool->drop(session, trouble);
  else pool->give_back(session);
  co_return completion;
}

Company Engine::company_of(const Execution& execution) const {
  const auto& before = cases_.attempts(case_ix(execution.unit, execution.which.front()));
  if (is_after_infra(before)) return Company::alone_and_fresh;
  return execution.alone ? Company::alone : Company::shared;
}

bool Engine::deserves_second_look(const Execution& execution, const Completion& completion) const {
  if (!parts_.second_look || execution.which.size() != 1) return false;   // of several, the culprit runs alone later
  return !exited_with(completion, 0) && !is_lost(completion) && !expectation(case_ix(execution.unit, execution.which.front()));
}

bool Engine::is_first_attempt(const Execution& execution) const {
  return std::ranges::all_of(execution.which, [&](std::size_t which) {
    return cases_.attempts(case_ix(execution.unit, which)).empty();
  });
}

bool Engine::take_over(const Execution& execution, const Job& job) {
  if (!options_.reuse_results || !is_first_attempt(execution)) return false;   // a retry is to be seen to run
  const auto key = reuse_key(parts_.plan.units[execution.unit], execution, job);
  const auto text = key ? parts_.cache->find_text(*key) : std::nullopt;
  auto passes = text ? passes_from_text(*text, execution.which.size()) : std::nullopt;
  if (!passes) return false;
  const JobId id = next_job_++;
  JobStarted started{id, job.kind, job.place, execution.unit, {}, 1, false, "", "taken over"};
  for (const std::size_t which : execution.which) started.cases.push_back(case_ix(execution.unit, which));
  parts_.emitter.emit(started);
  JobEnded ended{id, {}, *key, true};
  ended.completion.how = Exited{0};
  for (std::size_t at = 0; at < passes->size(); ++at) observe(started.cases[at], id, std::move((*passes)[at]));
  parts_.emitter.emit(std::move(ended));
  for (const std::size_t which : execution.which) conclude(execution.unit, which);
  return true;
}

std::optional<std::string> Engine::reuse_key(const Unit& unit, const Execution& execution, const Job& job) {
  if (!parts_.cache || job.place != Place::target || job.inputs.empty()) return std::nullopt;
  Job same = framework(unit).execution(unit, execution.which, "reuse");
  const PreparedTarget& target = parts_.targets[parts_.plan.stream_target[unit.stream]];
  const auto libraries = libraries_of(job.inputs.front(), target.library_folders, known_libraries_);
  if (!libraries) return std::nullopt;
  same.inputs.insert(same.inputs.end(), libraries->begin(), libraries->end());
  same.tool_identity = parts_.plan.streams[unit.stream].executor_identity + " " XTEST_VERSION;
  return parts_.cache->key(same, parts_.work);
}

void Engine::understand(Execution execution, JobId id, Completion completion) {
  const Unit& unit = parts_.plan.units[execution.unit];
  Collector collector(completion, execution.which.size());
  auto reader = framework(unit).reader(unit, execution.which, options_.nonce);
  reader->feed(Channel::out, completion.out.text, collector);
  reader->feed(Channel::err, completion.err.text, collector);
  const bool trusted = reader->end(completion, collector);
  collector.close(trusted);
  if (options_.reuse_results && is_first_attempt(execution) && collector.all_passed()) {
    const Job job = framework(unit).execution(unit, execution.which, options_.nonce);
    if (const auto key = reuse_key(unit, execution, job)) parts_.cache->store_text(*key, collector.passes_as_text());
  }
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
  JobEnded ended{id, std::move(completion), "", trusted || execution.which.size() == 1};
  ended.completion.out = ended.completion.err = Output{};
  parts_.emitter.emit(std::move(ended));
  // First the conclusions, then what must be executed again: what is left runs case by case, so it always ends.
  for (const std::size_t at : collector.without_result())
    queue(Execution{execution.unit, {execution.which[at]}, true, execution.confirms});
  for (std::size_t at = 0; at < execution.which.size(); ++at) {
    if (collector.has_result(at)) conclude(execution.unit, execution.which[at]);
  }
}

void Engine::observe(CaseIx test, JobId job, Observed what, const std::string& confirmer) {
  Attempt attempt{job, 1 + static_cast<int>(cases_.attempts(test).size()), std::move(what), confirmer};
  parts_.emitter.emit(CaseObserved{job, test, attempt.number, attempt.observed, confirmer});
  cases_.add_attempt(test, std::move(attempt));
}

void Engine::conclude(UnitIx unit, std::size_t which) {
  const CaseIx test = case_ix(unit, which);
  const Expectation* expected = expectation(test);
  const auto& attempts = cases_.attempts(test);
  const StreamIx stream = parts_.plan.units[unit].stream;
  const bool is_confirmed = !parts_.plan.streams[stream].confirm_identity.empty();   // then each failure is looked at
  if (wants_retry(attempts, expected, options_.retry) &&
      (is_after_infra(attempts) || is_confirmed || !cases_.too_many_bad(stream))) {
    if (is_interrupted()) return;   // undecided, so that resume tries it again
    if (!is_after_infra(attempts)) cases_.will_retry(test);
    if (!scheduler_.stopped()) return queue(Execution{unit, {which}, true});
  }
  if (is_confirmed && wants_confirmation(attempts, expected, options_.retry)) {
    if (is_interrupted()) return;
    if (!scheduler_.stopped() && begin_confirmation(unit, which)) return;
  }
  decided(test, decide(attempts, basis(test)));
}

bool Engine::begin_confirmation(UnitIx unit, std::size_t which) {
  const CaseIx test = case_ix(unit, which);
  Execution execution{unit, {which}, true, true};
  const auto skip = parts_.plan.not_confirmable.find(test);
  if (skip == parts_.plan.not_confirmable.end()) {
    queue(std::move(execution));
    return true;
  }
  Observed unsupported;
  unsupported.status = Status::skip;
  unsupported.kind = "unsupported";
  unsupported.message = skip->second;
  observe(test, cases_.attempts(test).back().job, std::move(unsupported), parts_.targets[place(execution)].executor);
  return false;
}

void Engine::decided(CaseIx test, const Outcome& outcome) {
  parts_.emitter.emit(CaseDecided{test, outcome});
  cases_.decided(test, outcome);
  if (options_.is_bad(outcome.status)) ++bad_;
  if (options_.max_bad > 0 && bad_ >= options_.max_bad && !scheduler_.stopped()) {
    stopped_by_limit_ = true;
    scheduler_.stop();
  }
  const auto waiting = waiting_.extract(test);
  if (waiting.empty()) return;
  for (const UnitIx unit : waiting.mapped()) {
    if (--units_[unit].open_needs == 0) settle(unit);
  }
}

}  // namespace xtest
