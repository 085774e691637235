// SPDX-License-Identifier: Apache-2.0
// JUnit XML for CI systems: one file a stream, `TEST-<stream with / as +>[.NNN].xml` (docs/results.md says why so).
//
// A decided case goes to a spool beside the result and is forgotten but for its name and place; close() writes header
// and spool to a temporary file, split by cases and bytes, and renames it. A case that is decided again replaces its
// earlier entry; one that was not run is written at the end, with the synthetic error case `xtest/incomplete` that
// makes a hole visible. The dialect is chosen by the caller; `portable` validates against Jenkins' junit-10 schema.
#pragma once

#include "reports/attempts.h"
#include "reports/junit_writer.h"
#include "reports/sink.h"
#include "reports/spool.h"
#include "reports/summary.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace xtest {

struct JunitOptions {
  std::filesystem::path folder{};             // made when it is missing
  JunitDialect dialect = JunitDialect::portable;
  bool output_of_passes = false;
  std::uint64_t cases_a_file = 20'000;
  std::uint64_t bytes_a_file = 8u << 20;
};

class Junit final : public ReportSink {
 public:
  explicit Junit(JunitOptions options);
  ~Junit() override;

  void on(const Event& event) override;
  std::optional<std::string> close() override;
  const std::vector<std::filesystem::path>& files() const { return files_; }   // after close()

 private:
  struct StreamState {
    std::unique_ptr<Spool> spool;
    std::chrono::milliseconds begun{0};
    std::map<std::string, std::vector<std::string>, std::less<>> groups;   // as written -> groups that read so
    bool has_begun = false;
    std::uint64_t not_run = 0, listed = 0, subtests = 0;
  };
  void take(const Event& event);
  void on_run(const Event& event, const RunStarted& run);
  void on_unit(const UnitListed& unit);
  void on_job(const Event& event, const JobStarted& job);
  void on_decided(const CaseDecided& decided);
  void write_case(CaseIx test, const Outcome& outcome, const History& history);
  void write_holes();
  void write_incomplete(StreamIx stream, const std::string& why);
  void write_stream(StreamIx stream);
  void write_part(StreamIx stream, const SpoolPart& part, std::size_t number, std::size_t of);
  void remove_stale(StreamIx stream, std::size_t parts);

  JunitCase to_case(CaseIx test, const Outcome& outcome, const History& history);
  std::string class_name(StreamIx stream, std::string_view group);
  SuiteHead head_of(StreamIx stream, std::size_t number, std::size_t of) const;
  std::filesystem::path file_name(StreamIx stream, std::size_t number, std::size_t of) const;

  JunitOptions options_;
  JunitWriter writer_;
  CaseTable table_;
  Attempts attempts_;
  Policy policy_;
  RunStarted run_;
  std::optional<RunEnded> ended_;
  std::vector<StreamState> streams_;
  std::vector<std::uint64_t> places_;                  // of a case's entry in its spool, plus one; 0: none
  std::unordered_map<CaseIx, std::string> not_run_;    // decided so, and the reason
  std::vector<std::filesystem::path> files_;
  std::optional<std::string> trouble_;
  bool closed_ = false;
};

}  // namespace xtest
