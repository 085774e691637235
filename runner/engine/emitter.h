// SPDX-License-Identifier: Apache-2.0
// The one mouth of a run: numbers and stamps each event, writes it to the record, then tells every report.
//
// Engine thread only. Trouble with the record or a report never changes a verdict; it is asked for at the end.
#pragma once

#include "reports/sink.h"
#include "runner/base/clock.h"
#include "runner/record/record.h"

#include <vector>

namespace xtest {

class Emitter {
 public:
  // `record` may be null (nothing is kept); all are borrowed.
  Emitter(const Clock& clock, RecordWriter* record, std::vector<ReportSink*> sinks);

  void emit(EventBody body);
  void keep(std::vector<ResultFile>& files);   // takes them to the record; which of them could not be kept is said in them
  void retell(const Event& event);      // an event that is in the record already (resume): reports only

 private:
  const Clock& clock_;
  std::chrono::steady_clock::time_point began_;
  std::chrono::microseconds last_mono_{0};
  RecordWriter* record_;
  std::vector<ReportSink*> sinks_;
  std::uint64_t next_seq_;
};

}  // namespace xtest
