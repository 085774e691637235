// SPDX-License-Identifier: Apache-2.0
// Performs a plan: builds, executes, judges, and tells it as events.
//
// A unit goes  listed -> building -> built -> (its cases' needs known) -> queued -> executing -> decided.  One unit's
// programs build while another's run. Nothing here knows a framework, an executor or a report by name. One io_context
// thread owns everything; construct, co_await run(), and call stop()/kill() from a signal handler on that thread.
#pragma once

#include "runner/engine/builder.h"
#include "runner/engine/casebook.h"
#include "runner/engine/replay.h"
#include "runner/engine/reuse.h"
#include "runner/engine/sessions.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct EngineOptions {
  int jobs = 1;
  RetryPolicy retry;
  std::size_t max_bad = 0;               // stop after so many bad cases of this session; 0: never
  std::function<bool(Status)> is_bad = [](Status status) { return weight(status) == Weight::bad; };
  bool reuse_results = false;
  std::string today;                     // "YYYY-MM-DD", for expectations that expire
  std::string nonce;                     // what programs must echo to be believed
};

// A closer look at what has just ended badly: fills `seen.diagnosis` and changes nothing else. Answers what is wrong with
// the session now, or nothing.
using SecondLook = std::function<Task<std::string>(Session& session, RunRequest request, Completion& seen, std::size_t target)>;

// Everything borrowed for the time of the run.
struct EngineParts {
  const Plan& plan;
  std::span<const PreparedTarget> targets;
  std::vector<std::shared_ptr<Executor>> executors;   // one a PreparedTarget; null where nothing is to be executed
  std::span<const std::unique_ptr<Framework>> frameworks;
  const std::vector<Expectations>& expectations;      // one a PreparedTarget
  ActionCache* cache;                                 // may be null
  Emitter& emitter;
  std::filesystem::path work;                         // build products of this run
  const KnownLies* lies = nullptr;                    // of the executors; may be null
  SecondLook second_look = {};                        // may be empty
};

class Engine {
 public:
  Engine(asio::any_io_executor executor, EngineParts parts, EngineOptions options);
  ~Engine();

  void list(UnitIx first = 0);                        // tells the units from `first` on
  void already_decided(CaseIx test, const Outcome& outcome);
  void go_on(const Replay& replay);                   // with all that the resumed record knows: decisions, attempts, job numbers
  void set_time_factor(std::size_t target, double factor) { time_factor_[target] = factor; }

  Task<void> run();
  void stop();
  void kill();

  std::size_t undecided() const { return cases_.undecided(); }
  bool stopped_by_limit() const { return stopped_by_limit_; }

 private:
  struct UnitState {
    std::size_t next_build = 0;
    std::size_t open_needs = 0;
    std::optional<Observed> build_failure;
    JobId build_job = 0;
  };
  struct Execution {                                  // one run or check job, while it is being performed
    UnitIx unit = 0;
    std::vector<std::size_t> which;                   // cases, as indexes inside the unit
    bool alone = false;
    bool confirms = false;                            // on the confirming executor, not on the stream's
    int moves = 0;                                    // away from sessions that were lost beside it
  };

  void begin(UnitIx unit);
  void build_next(UnitIx unit);
  void when_needs_known(UnitIx unit);
  void settle(UnitIx unit);                           // built and needs known: decide or queue
  void queue(Execution execution);
  Task<void> perform(Execution execution, Turn turn);
  Task<Completion> execute(const Job& job, const Execution& execution, JobId id, SessionPool* pool);  // args outlive it
  void move(Execution execution, JobId id, Completion completion);
  Company company_of(const Execution& execution) const;
  bool deserves_second_look(const Execution& execution, const Completion& completion) const;
  bool is_first_attempt(const Execution& execution) const;
  bool take_over(const Execution& execution, const Job& job);
  void understand(Execution execution, JobId id, Completion completion);
  void observe(CaseIx test, JobId job, Observed what, const std::string& confirmer = {});
  bool begin_confirmation(UnitIx unit, std::size_t which);   // false: it is to be decided now
  void conclude(UnitIx unit, std::size_t which);
  void decided(CaseIx test, const Outcome& outcome);
  std::optional<std::string> reuse_key(const Unit& unit, const Execution& execution, const Job& job);

  const Framework& framework(const Unit& unit) const;
  SessionPool* pool(const Execution& execution, const Job& job);
  std::size_t place(const Execution& execution) const;       // the PreparedTarget it runs on
  std::size_t target_of(UnitIx unit) const { return parts_.plan.stream_target[parts_.plan.units[unit].stream]; }
  bool is_interrupted() const { return scheduler_.stopped() && !stopped_by_limit_; }
  CaseIx case_ix(UnitIx unit, std::size_t which) const;
  const Expectation* expectation(CaseIx test) const;
  Basis basis(CaseIx test) const;

  EngineParts parts_;
  EngineOptions options_;
  Scheduler scheduler_;
  CaseBook cases_;
  JobId next_job_ = 0;
  Builder builder_;
  std::vector<std::unique_ptr<SessionPool>> pools_;   // one a target, or null
  std::vector<double> time_factor_;
  std::vector<UnitState> units_;
  std::unordered_map<CaseIx, std::vector<UnitIx>> waiting_;   // undecided need -> units that wait for it
  KnownLibraries known_libraries_;                    // for results that are taken over
  std::size_t bad_ = 0;                               // decided in this session
  bool stopped_by_limit_ = false;
};

}  // namespace xtest
