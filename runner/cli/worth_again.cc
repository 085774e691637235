// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/worth_again.h"

#include "reports/summary.h"
#include "runner/engine/case_index.h"

#include <map>
#include <utility>

namespace xtest {
namespace {

class WorthRunningAgain {
 public:
  explicit WorthRunningAgain(const Replay& replay) : replay_(replay), policy_(replay.started) {
    for_each_listed(replay, [&](const StreamInfo& info, const Case& one, CaseIx test) {
      const Stream& stream = info.stream;
      listed_.emplace(test, Listed{stream, one, test});
      index_.add(stream, TestId{stream.suite, one.group, one.name}.to_string(), test);
    });
  }

  std::set<std::string> ids() {
    for (const auto& [test, listed] : listed_) {
      if (is_worth(listed)) add(listed);
    }
    return std::move(ids_);
  }

 private:
  struct Listed {
    const Stream& stream;
    const Case& test;
    CaseIx ix;
  };

  const Outcome* outcome(const Listed& listed) const {
    const auto decided = replay_.decided.find(listed.ix);
    return decided == replay_.decided.end() ? nullptr : &decided->second;
  }

  bool is_worth(const Listed& listed) const {
    const Outcome* known = outcome(listed);
    return !known || known->kind == "blocked" || known->status == Status::infra ||
           policy_.weigh(known->status, known->kind, listed.stream.target) == Weight::bad;
  }

  void add(const Listed& listed) {
    if (!ids_.insert(result_id(listed.stream, listed.test)).second) return;
    for (const std::string& need : listed.test.needs) {
      const CaseIx* found = index_.find(listed.stream, need);
      if (!found) continue;
      const Listed& needed = listed_.at(*found);
      const Outcome* known = outcome(needed);
      if (!known || known->kind == "blocked" || weight(known->raw) != Weight::good) add(needed);
    }
  }

  const Replay& replay_;
  const Policy policy_;
  std::map<CaseIx, Listed> listed_;
  CaseIndex index_;
  std::set<std::string> ids_;
};

}  // namespace

std::set<std::string> worth_running_again(const Replay& replay) { return WorthRunningAgain(replay).ids(); }

std::set<std::string> listed_ids(const Replay& replay) {
  std::set<std::string> ids;
  for_each_listed(replay, [&](const StreamInfo& info, const Case& one, CaseIx) { ids.insert(result_id(info.stream, one)); });
  return ids;
}

}  // namespace xtest
