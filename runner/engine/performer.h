// SPDX-License-Identifier: Apache-2.0
// Performs the jobs that execute cases: on this machine, or in a session of the executor of their target, taken from a
// pool and given back, or dropped after trouble.
//
// Trouble with a session is part of the Completion (NotStarted, Lost); only what is cancelled throws. Engine thread only.
#pragma once

#include "runner/engine/parts.h"
#include "runner/engine/scheduler.h"
#include "runner/engine/sessions.h"

#include <memory>
#include <vector>

namespace xtest {

struct Order {
  Job job;
  JobStarted started;                      // told when it is known where it runs
  std::size_t target = 0;                  // the PreparedTarget it runs on
  Company company = Company::shared;
  bool may_look = false;                   // a bad end is worth a second look
  ResultWish results;
};

class Performer {
 public:
  // Tells the scheduler how much room each executor has.
  Performer(asio::any_io_executor io, const EngineParts& parts, int jobs, Scheduler& scheduler);

  void set_time_factor(std::size_t target, double factor) { time_factor_[target] = factor; }
  Work work_for(const Job& job, std::size_t target) const;      // what it costs and where; nothing to perform yet
  Task<Completion> perform(Order order);
  Task<void> close();                      // nothing may be in flight

 private:
  SessionPool* pool(const Job& job, std::size_t target) const;
  Task<Completion> perform_here(Order order);
  // Answers what is wrong with the session. The arguments outlive it.
  Task<std::string> run(Order& order, SessionPool* pool, Session*& session, Completion& completion);
  bool deserves_second_look(const Order& order, const Completion& completion) const;

  const EngineParts& parts_;
  std::vector<std::unique_ptr<SessionPool>> pools_;   // one a target, or null
  std::vector<double> time_factor_;
};

}  // namespace xtest
