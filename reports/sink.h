// SPDX-License-Identifier: Apache-2.0
// A report is told every event of a run, in order, on the engine's thread; all reports are peers.
//
// A sink draws on the events alone, so the same report can be made afterwards from the record. It must not throw for
// trouble with its output while events flow: it remembers it, and close() tells.
#pragma once

#include "runner/model/event.h"

#include <optional>
#include <string>

namespace xtest {

struct ReportSink {
  virtual ~ReportSink() = default;
  virtual void on(const Event& event) = 0;
  // Finishes the output. Returns what went wrong with it, with the path; the run's own result is not harmed by it.
  virtual std::optional<std::string> close() = 0;
};

}  // namespace xtest
