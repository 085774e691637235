// SPDX-License-Identifier: Apache-2.0
// Performs a plan: builds, executes, judges, and tells it as events.
//
// A unit goes  listed -> building -> built -> (its cases' needs known) -> queued -> executing -> decided.  One unit's
// programs build while another's run. Nothing here knows a framework, an executor or a report by name. One io_context
// thread owns everything; construct, co_await run(), and call stop()/kill() from a signal handler on that thread.
#pragma once

#include "runner/engine/builder.h"
#include "runner/engine/casebook.h"
#include "runner/engine/judge.h"
#include "runner/engine/parts.h"
#include "runner/engine/performer.h"
#include "runner/engine/preparation.h"
#include "runner/engine/replay.h"
#include "runner/engine/reuse.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace xtest {

class Engine {
 public:
  Engine(asio::any_io_executor executor, EngineParts parts, EngineOptions options);
  ~Engine();

  void list(UnitIx first = 0);                        // tells the units from `first` on
  void already_decided(CaseIx test, const Outcome& outcome);
  void go_on(const Replay& replay);                   // with all that the resumed record knows: decisions, attempts, job numbers
  void set_time_factor(std::size_t target, double factor) { performer_.set_time_factor(target, factor); }

  Task<void> run();
  void stop();
  void kill();

  std::size_t undecided() const { return cases_.undecided(); }
  bool stopped_by_limit() const { return stopped_by_limit_; }

 private:
  struct Execution {                                  // one run or check job, while it is being performed
    UnitIx unit = 0;
    std::vector<std::size_t> which;                   // cases, as indexes inside the unit
    bool alone = false;
    bool confirms = false;                            // on the confirming executor, not on the stream's
    int moves = 0;                                    // away from sessions that were lost beside it
  };

  void begin(UnitIx unit);
  void settle(UnitIx unit);                           // built and needs known: decide or queue
  void queue(Execution execution);
  Task<void> perform(Execution execution, Turn turn);
  JobStarted started(const Execution& execution, const Job& job, JobId id) const;
  Order order(const Execution& execution, Job job, JobId id) const;
  Company company_of(const Execution& execution) const;
  void move(Execution execution, JobId id, Completion completion);
  bool take_over(const Execution& execution);
  void understand(Execution execution, JobId id, Completion completion);
  std::filesystem::path results_folder(JobId id) const { return parts_.work / "results" / std::to_string(id); }
  void tell_end(JobId id, Completion completion, bool trusted);
  void observe(CaseIx test, JobId job, Observed what, const std::string& confirmer = {});
  void conclude(UnitIx unit, std::size_t which);
  bool begin_confirmation(UnitIx unit, std::size_t which);   // false: it is to be decided now
  void confirm(Execution execution);
  Task<void> calibrate(std::size_t target);
  void decided(CaseIx test, const Outcome& outcome);

  const Framework& framework(const Unit& unit) const;
  Job job_of(const Execution& execution, const std::string& nonce) const;
  bool may_reuse(const Execution& execution) const;
  std::size_t place(const Execution& execution) const;       // the PreparedTarget it runs on
  bool is_interrupted() const { return scheduler_.stopped() && !stopped_by_limit_; }
  CaseIx case_ix(UnitIx unit, std::size_t which) const;

  EngineParts parts_;
  EngineOptions options_;
  Scheduler scheduler_;
  CaseBook cases_;
  Judge judge_;
  JobId next_job_ = 0;
  Builder builder_;
  Preparation preparation_;
  Performer performer_;
  Reuse reuse_;
  std::set<std::size_t> calibrated_;                  // of the targets that only confirm
  std::map<std::size_t, std::vector<Execution>> uncalibrated_;   // what waits for that, by target
  std::size_t bad_ = 0;                               // decided in this session
  bool stopped_by_limit_ = false;
};

}  // namespace xtest
