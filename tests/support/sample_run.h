// SPDX-License-Identifier: Apache-2.0
// A made-up run for the tests of the reports: events in the order the engine would make them, at a pace of 10 ms.
//
// SampleRun keeps the events; add more with its verbs. hostile() is output that tries to break every format.
#pragma once

#include "runner/model/event.h"
#include "reports/sink.h"

#include <string>
#include <vector>

namespace xtest {

struct SampleCase {
  std::string group, name;
  std::string rung = "";
};

class SampleRun {
 public:
  SampleRun();                                            // RunStarted with two targets and three streams

  RunStarted& run() { return std::get<RunStarted>(events.front().body); }
  CaseIx list(StreamIx stream, const std::string& unit, const std::vector<SampleCase>& cases);  // the first one's index
  void observe(CaseIx test, int attempt, Observed observed, const std::string& cached_from = "", bool trusted = true,
               const std::string& confirmer = "");
  void decide(CaseIx test, Outcome outcome);
  void pass(CaseIx test);                                 // observed and decided
  void bad(CaseIx test, Observed observed);               // the same, in one attempt
  void skip(CaseIx test, const std::string& kind, const std::string& reason);
  void end(const std::string& reason, int exit_code);
  void add(EventBody body);
  void feed(ReportSink& sink) const;

  std::vector<Event> events;

 private:
  std::vector<UnitIx> unit_of_;
  UnitIx next_unit_ = 0;
  JobId next_job_ = 0;
};

Observed seen(Status status, std::string kind = "", std::string message = "");   // that took 20 ms
Outcome outcome(Status status, std::string kind = "", int attempts = 1, std::string reason = "");
Outcome outcome(Status status, Status raw, std::string kind, int attempts, std::string reason = "");

// Invalid UTF-8, NUL, escape sequences, `]]>`, forged XML, U+FFFE, a lone surrogate, a right-to-left override.
std::string hostile();

// One run with every status there is.
SampleRun every_status();

}  // namespace xtest
