// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/replay.h"

#include "runner/record/record.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace xtest {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, "this run cannot be resumed: " + what, "start a new run; what was recorded is kept");
}

struct KnownCase {
  std::string id;
  std::size_t target = 0;
  const StreamInfo* stream = nullptr;
};

std::map<CaseIx, KnownCase> known_cases(const Replay& replay) {
  std::map<CaseIx, KnownCase> known;
  for_each_listed(replay, [&](const StreamInfo& info, const Case& one, CaseIx test) {
    known[test] = KnownCase{TestId{info.stream.suite, one.group, one.name}.to_string(), target_index(replay.started, info.stream), &info};
  });
  return known;
}

bool is_same_case(const Case& one, const Case& other) { return one.group == other.group && one.name == other.name; }

// With an entry for the test a run does not repeat a failure: its first real attempt is its last.
Outcome judge(std::span<const Attempt> attempts, const Basis& basis) {
  if (!basis.expected) return decide(attempts, basis);
  if (basis.expected->kind == Expectation::Kind::skip) return skipped("expected", basis.expected->reason);
  const auto real = std::ranges::find_if(attempts, [](const Attempt& one) { return one.observed.status != Status::infra; });
  const auto count = real == attempts.end() ? attempts.size() : static_cast<std::size_t>(real - attempts.begin()) + 1;
  return decide(attempts.first(count), basis);
}

bool is_judged_by_lists(const Outcome& outcome) {
  return outcome.status != Status::not_run && !(outcome.status == Status::skip && outcome.attempts == 0);
}

}  // namespace

std::size_t target_index(const RunStarted& run, const Stream& stream) {
  const auto found = std::ranges::find_if(run.targets, [&](const TargetInfo& target) {
    const bool anywhere = target.executor.empty() || stream.executor == "none";
    return target.triple == stream.target && (anywhere || target.executor == stream.executor);
  });
  return static_cast<std::size_t>(found - run.targets.begin());
}

Replay read_replay(const std::filesystem::path& record) {
  Replay replay;
  bool has_beginning = false;
  const ReadReport report = read_record(record, [&](Event&& event) {
    if (const auto* started = std::get_if<RunStarted>(&event.body)) {
      replay.started = *started;
      has_beginning = true;
    }
    if (const auto* listed = std::get_if<UnitListed>(&event.body)) replay.units_listed = listed->unit + 1;
    if (const auto* job = std::get_if<JobStarted>(&event.body)) replay.next_job = std::max(replay.next_job, job->job + 1);
    if (const auto* seen = std::get_if<CaseObserved>(&event.body))
      replay.undecided[seen->test].push_back(Attempt{seen->job, seen->attempt, seen->observed, seen->confirmer});
    if (const auto* decided = std::get_if<CaseDecided>(&event.body)) {
      replay.decided[decided->test] = decided->outcome;
      replay.undecided.erase(decided->test);
    }
    replay.events.push_back(std::move(event));
  });
  replay.unreadable = report.unreadable;
  if (!has_beginning)
    throw Error(ErrorKind::usage, "the record " + record.string() + " has no beginning that can be read",
                "start a new run; `xtest list` shows the others");
  return replay;
}

void refuse_damage(const Replay& replay, const std::filesystem::path& record) {
  if (replay.unreadable == 0) return;
  throw Error(ErrorKind::usage,
              (record / "events.jsonl").string() + " is damaged: " + std::to_string(replay.unreadable) +
                  " of its lines cannot be read",
              "`xtest show` shows the rest; start a new run for a verdict");
}

void refuse_other_plan(const Replay& replay, const Plan& plan, const std::string& expectations) {
  if (replay.started.expectations != expectations)
    refuse("the expectation lists have changed since; `xtest rejudge` judges what it has by new ones");
  if (replay.started.streams.size() != plan.streams.size())
    refuse("it had " + std::to_string(replay.started.streams.size()) + " streams, now there are " +
           std::to_string(plan.streams.size()));
  for (std::size_t stream = 0; stream < plan.streams.size(); ++stream) {
    const StreamInfo& then = replay.started.streams[stream];
    const StreamInfo& now = plan.streams[stream];
    const std::string name = then.stream.to_string();
    if (then.stream != now.stream) refuse(name + " is now " + now.stream.to_string());
    if (then.executor_identity != now.executor_identity)
      refuse(name + " ran on " + then.executor_identity + ", now it would on " + now.executor_identity);
    if (then.confirm_identity != now.confirm_identity)
      refuse("failures of " + name + " were confirmed by " + then.confirm_identity + ", now they would be by " + now.confirm_identity);
    if (then.toolchain_identity != now.toolchain_identity)
      refuse(name + " was built by " + then.toolchain_identity + ", now it would be by " + now.toolchain_identity);
    if (then.suite_revision != now.suite_revision) refuse("the suite " + then.stream.suite + " has changed");
  }
  UnitIx next = 0;
  CaseIx cases = 0;
  for (const Event& event : replay.events) {
    const auto* listed = std::get_if<UnitListed>(&event.body);
    if (!listed) continue;
    if (listed->unit != next++) refuse("its list of tests is damaged");
    if (listed->unit >= plan.units.size() || plan.units[listed->unit].name != listed->name ||
        !std::ranges::equal(plan.units[listed->unit].cases, listed->cases, is_same_case))
      refuse("the tests of " + listed->name + " are not the same");
    cases += static_cast<CaseIx>(listed->cases.size());
  }
  const auto is_beyond = [&](const auto& known) { return known.first >= cases; };
  if (std::ranges::any_of(replay.decided, is_beyond) || std::ranges::any_of(replay.undecided, is_beyond))
    refuse("its list of tests is damaged");
}

std::vector<Event> judge_again(const Replay& replay, const std::vector<Expectations>& lists, const KnownLies& lies,
                               const std::string& today) {
  const auto known = known_cases(replay);
  std::vector<std::set<std::string>> features;
  for (const TargetInfo& target : replay.started.targets) features.emplace_back(target.features.begin(), target.features.end());
  std::map<CaseIx, std::vector<Attempt>> attempts;
  std::vector<Event> judged;
  for (const Event& event : replay.events) {
    judged.push_back(event);
    if (const auto* seen = std::get_if<CaseObserved>(&event.body))
      attempts[seen->test].push_back(Attempt{seen->job, seen->attempt, seen->observed, seen->confirmer});
    auto* decision = std::get_if<CaseDecided>(&judged.back().body);
    if (!decision || !is_judged_by_lists(decision->outcome)) continue;
    const auto test = known.find(decision->test);
    if (test == known.end() || test->second.target >= lists.size())
      throw Error(ErrorKind::usage, "the record decides a test that it does not list, or of a target that it does not name");
    const auto& [id, target, stream] = test->second;
    const Occasion occasion{features.at(target), stream->suite_revision, today};
    decision->outcome = judge(attempts[decision->test], basis_of(lists.at(target), id, occasion, *stream, &lies));
  }
  return judged;
}

}  // namespace xtest
