// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/emitter.h"

#include <algorithm>
#include <utility>

namespace xtest {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

Emitter::Emitter(const Clock& clock, RecordWriter* record, std::vector<ReportSink*> sinks)
    : clock_(clock),
      began_(clock.mono()),
      record_(record),
      sinks_(std::move(sinks)),
      next_seq_(record ? record->next_seq() : 0) {}

void Emitter::emit(EventBody body) {
  Event event;
  event.seq = next_seq_++;
  event.wall = duration_cast<milliseconds>(clock_.wall().time_since_epoch());
  event.mono = last_mono_ = std::max(last_mono_, duration_cast<microseconds>(clock_.mono() - began_));
  event.body = std::move(body);
  if (record_) record_->write(event);
  retell(event);
}

void Emitter::keep(std::vector<ResultFile>& files) {
  for (ResultFile& file : files) {
    if (file.host.empty()) continue;
    if (record_) file.kept = record_->keep_file(file.host);
    if (file.kept.empty()) file.trouble = "it could not be kept in the record";
    file.host.clear();
  }
}

void Emitter::retell(const Event& event) {
  for (ReportSink* sink : sinks_) sink->on(event);
}

}  // namespace xtest
