// SPDX-License-Identifier: Apache-2.0
// The events of a record. Resume, judging again, every report and the history are made from these alone.
//
// One thread makes them, in order; `seq` counts from 0 in a record without gaps. A sink must take all it shows from the
// events (never from a clock or the environment), so that a report made later is byte-equal to the live one.
#pragma once

#include "runner/model/completion.h"
#include "runner/model/ids.h"
#include "runner/model/job.h"
#include "runner/model/observed.h"

#include <chrono>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace xtest {

struct StreamInfo {
  Stream stream;
  std::string executor_identity;      // "qemu-user qemu-aarch64 7.2.17", known without opening
  std::string toolchain_identity;     // "aarch64-linux-gnu-gcc (Debian 12.2.0-14) 12.2.0"
  std::string suite_revision;
  std::string confirm_identity{};     // of the executor that runs failures again (`--confirm`), or empty
};

// A target on one executor; a run with several executors (`--on a,b`) has one for each.
struct TargetInfo {
  std::string triple;
  std::vector<std::string> features;
  std::string goal = "executed";      // the level that counts as good
  std::string executor{};             // empty in records of runs that could have but one
};

struct RunStarted {
  int schema = 1;
  std::string run;                    // ULID
  std::string version;
  std::vector<std::string> argv;
  std::string host;                   // "x86_64 Linux 6.1.0", never a host name
  std::string parent;                 // run this one was made from (rerun, rejudge), or empty
  std::string partition;              // "slice:1/3" or empty
  std::vector<TargetInfo> targets;
  std::vector<StreamInfo> streams;
  std::map<std::string, std::string> components;  // name -> revision
  std::string expectations;           // digest of the lists that applied
  int jobs = 1;
  std::map<std::string, std::string> options;     // policies that judging needs: "xpass", "flaky", "retries", ...
};
struct Resumed { std::string version; };
struct UnitListed {
  StreamIx stream = 0;
  UnitIx unit = 0;
  std::string name, source;
  std::vector<Case> cases;            // their CaseIx follow each other from first_case
  CaseIx first_case = 0;
  bool dynamic = false;
};
struct FactKnown { std::string name, value; };
struct SessionChanged { std::string executor, session, what, evidence; };  // what: opened, lost, closed
struct JobStarted {
  JobId job = 0;
  JobKind kind = JobKind::run;
  Place place = Place::target;
  UnitIx unit = 0;
  std::vector<CaseIx> cases;
  int attempt = 1;
  bool alone = false;
  std::string session;
  std::string what;                   // short text for people: "build probes C1.c", "run ..."
};
struct CaseObserved {
  JobId job = 0;
  CaseIx test = 0;
  int attempt = 1;
  Observed observed;
  std::string confirmer{};            // the executor it ran on instead of its stream's, to confirm a failure; or empty
};
struct JobEnded {
  JobId job = 0;
  Completion completion;
  std::string cached_from;            // action key, or the run whose result was taken over; empty when performed
  bool trusted = true;                // false: what the job said of its cases is void
};
struct CaseDecided { CaseIx test = 0; Outcome outcome; };
struct Note { std::string area, text; };
struct Counts {
  std::map<std::string, std::uint64_t> by_status;  // to_string(Status) -> number
};
struct RunEnded {
  std::string reason;                 // finished, interrupted, fail-fast, error
  Counts counts;
  int exit_code = 0;
  std::string plan_digest;
};

using EventBody = std::variant<RunStarted, Resumed, UnitListed, FactKnown, SessionChanged, JobStarted, CaseObserved,
                               JobEnded, CaseDecided, Note, RunEnded>;

struct Event {
  std::uint64_t seq = 0;
  std::chrono::milliseconds wall{0};      // since the epoch, UTC
  std::chrono::microseconds mono{0};      // since the run (or its resumption) began
  EventBody body;
};

}  // namespace xtest
