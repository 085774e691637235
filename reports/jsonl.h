// SPDX-License-Identifier: Apache-2.0
// JSON lines for programs: a `run` line, a `case` line per decided case, and a `summary` line at the end.
//
// Keys have a fixed order and are always there. Cases appear when they are decided; those that were not run follow at
// the end; a case that is decided again appears again, the last line counts. Text that is not UTF-8 reads `\xff`.
#pragma once

#include "reports/attempts.h"
#include "reports/output_file.h"
#include "reports/sink.h"
#include "reports/summary.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <unordered_map>

namespace xtest {

struct JsonLinesOptions {
  std::filesystem::path path;      // written as a whole and renamed; empty: to `fd` as it happens
  int fd = 1;
  bool output_of_passes = false;
};

class JsonLines final : public ReportSink {
 public:
  explicit JsonLines(JsonLinesOptions options);

  void on(const Event& event) override;
  std::optional<std::string> close() override;

 private:
  void write_run(const RunStarted& run);
  void write_case(CaseIx test, const Outcome& outcome, const History& history);
  void write_summary();
  void line(const std::string& text);

  JsonLinesOptions options_;
  Tally tally_;
  Attempts attempts_;
  std::unordered_map<CaseIx, std::string> not_run_;   // decided so, and the reason
  std::unique_ptr<AtomicFile> file_;
  OutputFd out_;
  std::optional<std::string> trouble_;
  bool closed_ = false;
};

}  // namespace xtest
