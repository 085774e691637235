// SPDX-License-Identifier: Apache-2.0
// Which known lies of emulators a run met: what is out of date, or was not seen where it should have been, is told, so that
// no entry stays because nobody looks.
#pragma once

#include "reports/case_table.h"
#include "reports/sink.h"
#include "suites/lies.h"

#include <set>
#include <string>
#include <vector>

namespace xtest {

// "qemu-user: ID: the error of a failed exec is lost (until 2027-11-30)"
std::string lie_line(const KnownLie& lie);

inline constexpr const char* kLieNotes = "known lies";    // Note::area

class LieReport final : public ReportSink {
 public:
  LieReport(const KnownLies& lies, std::string today) : lies_(lies), today_(std::move(today)) {}   // the lies are borrowed

  void on(const Event& event) override;
  std::optional<std::string> close() override { return std::nullopt; }
  std::vector<Note> notes() const;

 private:
  const KnownLies& lies_;
  std::string today_;
  CaseTable table_;
  std::set<const KnownLie*> tried_, met_;                 // by tests that were executed
};

}  // namespace xtest
