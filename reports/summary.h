// SPDX-License-Identifier: Apache-2.0
// The run in numbers: counts per target and stream, what is bad, which rung broke first, and the exit code.
//
// Tally draws on events only. Policies come from RunStarted::options: "xpass", "flaky" and "emulator" are "fail" or
// "ok" (default: xpass fails), "gate" may be "none", "outstanding" is the number of bad results that a rerun did not
// repeat; the level that counts as good is TargetInfo::goal. A listed case without an outcome is not-run. The last
// CaseDecided of a case wins. Exit codes: docs/results.md.
#pragma once

#include "reports/case_table.h"
#include "runner/model/event.h"

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xtest {

inline constexpr std::size_t status_count = static_cast<std::size_t>(Status::not_run) + 1;

// Numbers by status; undecided cases are in not_run.
struct StatusCounts {
  std::array<std::uint64_t, status_count> by_status{};
  std::uint64_t& operator[](Status status) { return by_status[static_cast<std::size_t>(status)]; }
  std::uint64_t operator[](Status status) const { return by_status[static_cast<std::size_t>(status)]; }
  std::uint64_t total() const;
};

struct RungState {
  std::string rung;              // "file", "hello", "startup", "stack", ... and others in order of appearance
  std::uint64_t ok = 0, bad = 0, blocked = 0, skipped = 0, undecided = 0;
};

// Cases with the same status for one and the same reason.
struct ReasonGroup {
  std::string kind, reason;
  std::vector<CaseIx> cases;
};

struct WorkDone {
  std::uint64_t builds = 0, builds_cached = 0, runs = 0, runs_reused = 0;
  std::uint64_t files = 0, files_missing = 0;            // result files
};

// What the verdict of a case means under the policies of its run.
class Policy {
 public:
  Policy() = default;
  explicit Policy(const RunStarted& run);
  Weight weigh(Status status, std::string_view kind, std::string_view target) const;
  bool gate_is_open() const { return gate_open_; }      // bad results do not count
  std::uint64_t outstanding() const { return outstanding_; }

 private:
  bool xpass_fails_ = true, flaky_fails_ = false, emulator_fails_ = false, gate_open_ = false;
  std::uint64_t outstanding_ = 0;
  std::map<std::string, std::string, std::less<>> goals_;   // of targets that ask for less than "executed"
};

class Tally {
 public:
  void on(const Event& event);

  const CaseTable& table() const { return table_; }
  const Policy& policy() const { return policy_; }
  const RunStarted& run() const { return run_; }
  const std::optional<RunEnded>& ended() const { return ended_; }

  StatusCounts counts() const;                              // of the whole run
  const std::vector<StatusCounts>& by_stream() const { return by_stream_; }
  StatusCounts by_target(std::string_view triple) const;
  std::vector<CaseIx> bad() const;                          // in order of their index, by the policies
  std::uint64_t count(Weight weight) const;
  std::uint64_t undecided() const { return undecided_; }    // listed, without an outcome
  std::uint64_t undecided_of(StreamIx stream) const { return open_of_stream_[stream]; }
  bool incomplete() const;                                  // something listed was not run, or the run did not finish
  std::vector<RungState> ladder(std::string_view triple) const;
  std::string broken_rung(std::string_view triple) const;   // the first with a bad result, or empty
  std::vector<ReasonGroup> grouped(std::string_view triple, Status status) const;   // the largest group first
  std::chrono::microseconds elapsed() const { return before_ + last_; }             // of all its sessions
  const WorkDone& work() const { return work_; }
  Status status(CaseIx test) const;                         // not_run while undecided
  bool decided(CaseIx test) const;
  std::string_view kind(CaseIx test) const;
  std::string_view reason(CaseIx test) const;

  int exit_code() const;                                    // of the reason in RunEnded, or as if finished
  int exit_code(std::string_view reason) const;             // "finished", "interrupted", "fail-fast", "error"
  Counts as_counts() const;                                 // for RunEnded

 private:
  struct Verdict {
    Status status = Status::not_run;
    bool decided = false;
    std::uint16_t kind = 0;
    std::uint32_t reason = 0;
  };
  struct Words {                                            // few different ones; the rest share the last
    std::vector<std::string> list{""};
    std::map<std::string, std::uint32_t, std::less<>> index{{"", 0}};
    std::uint32_t put(std::string_view word, std::size_t most, const char* rest);
  };
  void on_run(const RunStarted& run);
  void on_unit(const UnitListed& unit);
  void on_decided(const CaseDecided& decided);
  void on_job_ended(const JobEnded& ended);
  Weight weigh(CaseIx test) const;

  CaseTable table_;
  Policy policy_;
  RunStarted run_;
  std::optional<RunEnded> ended_;
  std::vector<Verdict> verdicts_;
  std::vector<StatusCounts> by_stream_;
  std::vector<std::uint64_t> open_of_stream_;
  Words kinds_, reasons_;
  std::unordered_map<JobId, JobKind> open_jobs_;
  WorkDone work_;
  std::uint64_t undecided_ = 0;
  std::chrono::microseconds before_{0}, last_{0};
};

}  // namespace xtest
