// SPDX-License-Identifier: Apache-2.0
// The plan of a run: which programs are built, which cases are executed where and in what order, and what is left out
// and why. Made purely from targets, suites and a selection; `xtest plan` prints it.
#pragma once

#include "runner/engine/select.h"
#include "runner/model/event.h"
#include "suites/framework.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace xtest {

// One target on one executor, made ready for this run; `executor_identity` is empty if none can be used here.
struct PreparedTarget {
  Target target;
  std::map<Language, Toolchain> toolchains;
  std::map<Language, std::string> absent;
  std::set<std::string> features;             // target's, executor's and toolchains' words
  std::string executor;                       // name, or "none"
  std::string executor_identity;
  std::vector<std::filesystem::path> library_folders;   // where its programs find their libraries, seen from here
  std::optional<std::size_t> confirmed_by;    // the entry on which its failures are run again (`--confirm`)
  bool only_confirms = false;                 // has no streams of its own
  Answers answers;                            // to the questions of the suites
};

struct Omitted {
  std::string id;                             // "STREAM::group::case"
  std::string reason;                         // "filter", "partition slice:1/3"
};

struct Plan {
  std::vector<StreamInfo> streams;
  std::vector<std::size_t> stream_target;     // stream -> index of its PreparedTarget
  std::vector<Unit> units;
  std::vector<CaseIx> first_case;             // unit -> its first case
  std::vector<UnitIx> case_unit;              // case -> its unit
  std::vector<Omitted> left_out;
  std::size_t left_out_count = 0;             // left_out itself is cut at 10,000 entries
  std::map<CaseIx, std::string> not_confirmable;   // what the confirming executor would skip, and why

  const Case& at(CaseIx test) const { return units[case_unit[test]].cases[test - first_case[case_unit[test]]]; }
  const Stream& stream_of(CaseIx test) const { return streams[units[case_unit[test]].stream].stream; }
  std::string id(CaseIx test) const;          // "suite::group::case"
  std::string result_id(CaseIx test) const;   // "STREAM::group::case"
  std::string digest() const;
};

struct PlanInput {
  std::span<const PreparedTarget> targets;
  std::span<const Suite> suites;
  std::span<const std::unique_ptr<Framework>> frameworks;
  const Selection& selection;
  Partition partition;
  std::filesystem::path work;
  std::filesystem::path xtest;
};

struct OpenQuestion {
  std::size_t target = 0;                     // the PreparedTarget that wants to know
  Question question;
};

// What the suites have to know and no PreparedTarget has the answer to. Pure; throws Error{usage}: an unknown framework.
std::vector<OpenQuestion> open_questions(const PlanInput& input);

// Throws Error{usage}: an unknown framework, a test id that appears twice, needs that form a circle.
Plan make_plan(const PlanInput& input);

std::string result_id(const Stream& stream, const Case& test);   // "STREAM::group::case"

}  // namespace xtest
