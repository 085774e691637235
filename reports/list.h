// SPDX-License-Identifier: Apache-2.0
// Text for `xtest list` and `xtest show RUN[::TEST]`, made from events alone.
//
// Both are sinks: feed the events of a plan or a record, then text(). Memory holds names only (list) or what was asked
// for (show). Everything is safe for a terminal, unless the raw output of a case is asked for.
#pragma once

#include "reports/attempts.h"
#include "reports/comparison.h"
#include "reports/failure_block.h"
#include "reports/summary.h"

#include <map>
#include <string>
#include <vector>

namespace xtest {

// "STREAM\n  TEST [skip: reason]\n..." in order of the plan; with `ids_only` every id once, one a line.
class TestList {
 public:
  explicit TestList(bool ids_only = false) : ids_only_(ids_only) {}
  void on(const Event& event);
  std::string text() const;
  std::size_t size() const { return table_.size(); }

 private:
  bool ids_only_;
  CaseTable table_;
  std::map<CaseIx, std::string> skips_;
};

struct ShowOptions {
  std::string test{};          // an id or a glob over ids; empty: the run as a whole
  BlockStyle style{};
  std::string record{}, junit{};   // paths to show
};

class ShowText {
 public:
  explicit ShowText(ShowOptions options) : options_(std::move(options)) {}
  void on(const Event& event);
  bool found() const { return options_.test.empty() || !wanted_.empty(); }   // does anything match
  std::string text() const;

 private:
  struct JobSeen {
    std::string what, session, ending, evidence, cached_from;
    std::vector<ResultFile> files;
  };
  struct Wanted {
    std::vector<Seen> attempts;
    Outcome outcome;
    bool decided = false;
  };
  void on_unit(const UnitListed& unit);
  std::string run_text() const;
  std::string case_text(CaseIx test, const Wanted& wanted) const;
  std::string attempt_text(const Seen& seen) const;
  std::string file_text(const ResultFile& file) const;

  ShowOptions options_;
  Tally tally_;
  Comparison comparison_;
  std::chrono::milliseconds begun_{0};
  std::map<CaseIx, Wanted> wanted_;
  std::map<JobId, JobSeen> jobs_;     // of wanted cases only
};

}  // namespace xtest
