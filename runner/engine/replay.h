// SPDX-License-Identifier: Apache-2.0
// Reading a record again: to go on with it (resume) and to judge it again with other lists (rejudge).
#pragma once

#include "runner/engine/decide.h"
#include "runner/engine/plan.h"

#include <filesystem>
#include <map>
#include <vector>

namespace xtest {

struct Replay {
  RunStarted started;
  std::vector<Event> events;
  std::map<CaseIx, Outcome> decided;
  std::map<CaseIx, std::vector<Attempt>> undecided;   // cases that were seen and wait for their decision
  UnitIx units_listed = 0;
  std::size_t unreadable = 0;                         // lines of the record whose events are missing here
  JobId next_job = 0;                                 // no job of the record has this number or a higher one
};

// Calls each(stream info, case, its index) for every test that the record lists.
template <class Each>
void for_each_listed(const Replay& replay, Each each) {
  for (const Event& event : replay.events) {
    const auto* listed = std::get_if<UnitListed>(&event.body);
    if (!listed || listed->stream >= replay.started.streams.size()) continue;
    CaseIx test = listed->first_case;
    for (const Case& one : listed->cases) each(replay.started.streams[listed->stream], one, test++);
  }
}

// The entry of RunStarted::targets that a stream belongs to; their number if there is none.
std::size_t target_index(const RunStarted& run, const Stream& stream);

Replay read_replay(const std::filesystem::path& record);

// Throws Error{usage} if events are missing: a verdict over what is left could be green for no reason.
void refuse_damage(const Replay& replay, const std::filesystem::path& record);

// A record can only be gone on with if the plan, the toolchains and the executors are those it was begun with. Throws
// Error{usage} naming the first difference.
void refuse_other_plan(const Replay& replay, const Plan& plan, const std::string& expectations);

// The same events with every decision made anew from the raw observations under these lists (one list an entry of its
// targets, in their order). Skips, blocks and what never ran stay as they are.
std::vector<Event> judge_again(const Replay& replay, const std::vector<Expectations>& lists, const KnownLies& lies,
                               const std::string& today);

}  // namespace xtest
