// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/performer.h"

#include "runner/base/process.h"
#include "runner/engine/builder.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr std::chrono::minutes kCheckLimit{1};

std::string place_of(const std::string& executor, std::size_t target) {
  return executor + "#" + std::to_string(target);
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

}  // namespace

Performer::Performer(asio::any_io_executor io, const EngineParts& parts, int jobs, Scheduler& scheduler)
    : parts_(parts), time_factor_(parts.targets.size(), 1.0) {
  for (std::size_t target = 0; target < parts.executors.size(); ++target) {
    const auto& known = parts.executors[target];
    if (!known) {
      pools_.push_back(nullptr);
      continue;
    }
    time_factor_[target] = known->slowness();
    const Capacity capacity = known->capacity();
    const int sessions = std::min(capacity.sessions, jobs / std::max(capacity.cpus, 1));
    pools_.push_back(std::make_unique<SessionPool>(io, known, sessions, parts.emitter));
    if (sessions > 0) scheduler.set_slots(place_of(known->name(), target), {sessions, capacity.depth, capacity.cpus});
  }
}

SessionPool* Performer::pool(const Job& job, std::size_t target) const {
  return job.place == Place::target ? pools_[target].get() : nullptr;
}

Work Performer::work_for(const Job& job, std::size_t target) const {
  Work work;
  work.exclusive = job.exclusive;
  work.cpus = job.cpus;
  if (SessionPool* sessions = pool(job, target)) {
    work.place = place_of(sessions->executor().name(), target);
    work.cpus = std::max(job.cpus - 1 + sessions->executor().capacity().cpus, 0);
  }
  return work;
}

Task<Completion> Performer::perform(Order order) {
  if (order.job.place == Place::host) co_return co_await perform_here(std::move(order));
  SessionPool* const sessions = pool(order.job, order.target);
  Completion completion;
  Session* session = nullptr;
  std::string trouble;   // of the session: nothing else may run in it
  try {
    trouble = co_await run(order, sessions, session, completion);
  } catch (const std::exception& error) {
    if (is_cancelled(error)) {
      if (session) sessions->drop(session, "interrupted");
      throw;
    }
    if (!session) parts_.emitter.emit(order.started);
    trouble = error.what();
    completion.how = NotStarted{trouble};
  }
  if (!session) co_return completion;
  completion.session = session->name();
  if (is_lost(completion)) trouble = std::get<Lost>(completion.how).why;
  if (!trouble.empty()) sessions->drop(session, trouble);
  else sessions->give_back(session);
  co_return completion;
}

Task<Completion> Performer::perform_here(Order order) {
  parts_.emitter.emit(std::move(order.started));
  ProcessSpec spec;
  spec.argv = host_argv(order.job.command);
  spec.env = clean_environment(order.job.command.env);
  spec.out_head = order.job.command.limits.out_head;
  spec.cwd = order.job.command.cwd;
  spec.limit = order.job.command.limits.wall.count() > 0 ? order.job.command.limits.wall : kCheckLimit;
  co_return co_await run_process(std::move(spec));
}

Task<std::string> Performer::run(Order& order, SessionPool* pool, Session*& session, Completion& completion) {
  if (!pool) throw Error(ErrorKind::infra, "no executor can be used for this target");
  session = co_await pool->take(order.company);
  order.started.session = session->name();
  parts_.emitter.emit(order.started);
  co_await session->stage(order.job.inputs);
  RunRequest request = request_of(order.job, time_factor_[order.target]);
  RunRequest again = request;
  request.results = order.results;
  completion = co_await pool->run(session, std::move(request));
  if (!deserves_second_look(order, completion)) co_return std::string();
  co_return co_await parts_.second_look(*session, std::move(again), completion, order.target);
}

bool Performer::deserves_second_look(const Order& order, const Completion& completion) const {
  return parts_.second_look && order.may_look && !exited_with(completion, 0) && !is_lost(completion);
}

Task<void> Performer::close() {
  for (auto& pool : pools_) {
    if (pool) co_await pool->close();
  }
}

}  // namespace xtest
