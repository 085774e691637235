// SPDX-License-Identifier: Apache-2.0
#include "reports/summary.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace xtest {
namespace {

constexpr std::array<std::string_view, 8> rung_order = {"file",      "hello",   "startup", "stack",
                                                        "unwinding", "threads", "system",  "calls"};
constexpr std::array<std::string_view, 5> levels = {"built", "linked-stub", "linked", "checked", "executed"};
constexpr std::size_t most_kinds = 1000, most_reasons = 5000;

std::size_t level_rank(std::string_view level) {
  return static_cast<std::size_t>(std::ranges::find(levels, level) - levels.begin());
}

std::string option(const RunStarted& run, const char* name, const char* otherwise) {
  const auto found = run.options.find(name);
  return found == run.options.end() ? otherwise : found->second;
}

void count_rung(RungState& rung, Status status, Weight weight, std::string_view kind) {
  if (weight == Weight::bad) ++rung.bad;
  else if (weight == Weight::good) ++rung.ok;
  else if (weight == Weight::inconclusive) ++rung.undecided;
  else if (status == Status::skip && kind == "blocked") ++rung.blocked;
  else ++rung.skipped;
}

}  // namespace

std::uint64_t StatusCounts::total() const {
  return std::accumulate(by_status.begin(), by_status.end(), std::uint64_t{0});
}

Policy::Policy(const RunStarted& run)
    : xpass_fails_(option(run, "xpass", "fail") == "fail"),
      flaky_fails_(option(run, "flaky", "ok") == "fail"),
      emulator_fails_(option(run, "emulator", "ok") == "fail"),
      gate_open_(option(run, "gate", "failures") == "none") {
  const std::string outstanding = option(run, "outstanding", "0");
  std::from_chars(outstanding.data(), outstanding.data() + outstanding.size(), outstanding_);
  for (const TargetInfo& target : run.targets) {
    if (target.goal != "executed") goals_[target.triple] = target.goal;
  }
}

Weight Policy::weigh(Status status, std::string_view kind, std::string_view target) const {
  switch (status) {
    case Status::xpass: return xpass_fails_ ? Weight::bad : Weight::good;
    case Status::flaky: return flaky_fails_ ? Weight::bad : Weight::good;
    case Status::emulator: return emulator_fails_ ? Weight::bad : Weight::neutral;
    case Status::level: {
      const auto goal = goals_.find(target);
      const bool reached = goal != goals_.end() && level_rank(kind) < levels.size() &&
                           level_rank(kind) >= level_rank(goal->second);
      return reached ? Weight::good : Weight::inconclusive;
    }
    default: return weight(status);
  }
}

std::uint32_t Tally::Words::put(std::string_view word, std::size_t most, const char* rest) {
  const auto found = index.find(word);
  if (found != index.end()) return found->second;
  if (list.size() >= most) word = rest;
  const auto [place, added] = index.emplace(word, static_cast<std::uint32_t>(list.size()));
  if (added) list.emplace_back(word);
  return place->second;
}

void Tally::on(const Event& event) {
  if (const auto* decided = std::get_if<CaseDecided>(&event.body)) on_decided(*decided);
  else if (const auto* run = std::get_if<RunStarted>(&event.body)) on_run(*run);
  else if (const auto* unit = std::get_if<UnitListed>(&event.body)) on_unit(*unit);
  else if (const auto* job = std::get_if<JobStarted>(&event.body)) open_jobs_[job->job] = job->kind;
  else if (const auto* ended = std::get_if<JobEnded>(&event.body)) on_job_ended(*ended);
  else if (const auto* end = std::get_if<RunEnded>(&event.body)) ended_ = *end;
  else if (std::holds_alternative<Resumed>(event.body)) ended_.reset(), before_ += last_, last_ = {};
  last_ = event.mono;
}

void Tally::on_run(const RunStarted& run) {
  run_ = run;
  policy_ = Policy(run);
  table_.add(run);
  by_stream_.assign(run.streams.size(), {});
  open_of_stream_.assign(run.streams.size(), 0);
}

void Tally::on_unit(const UnitListed& unit) {
  const std::size_t before = table_.size();
  table_.add(unit);
  verdicts_.resize(table_.end());
  const std::size_t added = table_.size() - before;
  undecided_ += added;
  if (added == 0) return;
  by_stream_[unit.stream][Status::not_run] += added;
  open_of_stream_[unit.stream] += added;
}

void Tally::on_decided(const CaseDecided& decided) {
  const auto name = table_.find(decided.test);
  if (!name) return;
  Verdict& verdict = verdicts_[decided.test];
  if (!verdict.decided) --undecided_, --open_of_stream_[name->stream];
  StatusCounts& counts = by_stream_[name->stream];
  --counts[verdict.status];
  ++counts[decided.outcome.status];
  verdict.status = decided.outcome.status;
  verdict.decided = true;
  verdict.kind = static_cast<std::uint16_t>(kinds_.put(decided.outcome.kind, most_kinds, "other"));
  verdict.reason = reasons_.put(decided.outcome.reason, most_reasons, "other reasons (see the record)");
}

void Tally::on_job_ended(const JobEnded& ended) {
  const auto open = open_jobs_.extract(ended.job);
  if (open.empty()) return;
  const bool reused = !ended.cached_from.empty();
  for (const ResultFile& file : ended.completion.files) ++(file.kept.empty() ? work_.files_missing : work_.files);
  if (open.mapped() == JobKind::build) {
    ++work_.builds;
    if (reused) ++work_.builds_cached;
  } else if (open.mapped() == JobKind::run || open.mapped() == JobKind::drive) {
    ++work_.runs;
    if (reused) ++work_.runs_reused;
  }
}

StatusCounts Tally::counts() const {
  StatusCounts sum;
  for (const StatusCounts& stream : by_stream_) {
    for (std::size_t i = 0; i < status_count; ++i) sum.by_status[i] += stream.by_status[i];
  }
  return sum;
}

StatusCounts Tally::by_target(std::string_view triple) const {
  StatusCounts sum;
  for (std::size_t stream = 0; stream < by_stream_.size(); ++stream) {
    if (table_.streams()[stream].stream.target != triple) continue;
    for (std::size_t i = 0; i < status_count; ++i) sum.by_status[i] += by_stream_[stream].by_status[i];
  }
  return sum;
}

Weight Tally::weigh(CaseIx test) const {
  const auto name = table_.find(test);
  return policy_.weigh(status(test), kind(test), table_.stream(name ? name->stream : 0).target);
}

std::vector<CaseIx> Tally::bad() const {
  std::vector<CaseIx> found;
  for (CaseIx test = 0; test < verdicts_.size(); ++test) {
    if (verdicts_[test].decided && weigh(test) == Weight::bad) found.push_back(test);
  }
  return found;
}

std::uint64_t Tally::count(Weight weight) const {
  std::uint64_t found = 0;
  for (CaseIx test = 0; test < verdicts_.size(); ++test) {
    if (table_.find(test) && weigh(test) == weight) ++found;
  }
  return found;
}

bool Tally::incomplete() const {
  if (undecided_ > 0 || counts()[Status::not_run] > 0) return true;
  return !ended_ || ended_->reason != "finished";
}

std::vector<RungState> Tally::ladder(std::string_view triple) const {
  std::vector<RungState> rungs;
  for (const std::string_view rung : rung_order) rungs.push_back({std::string(rung)});
  for (CaseIx test = 0; test < verdicts_.size(); ++test) {
    const auto name = table_.find(test);
    if (!name || name->rung.empty() || table_.stream(name->stream).target != triple) continue;
    auto place = std::ranges::find(rungs, name->rung, &RungState::rung);
    if (place == rungs.end()) place = rungs.insert(place, {std::string(name->rung)});
    count_rung(*place, status(test), weigh(test), kind(test));
  }
  std::erase_if(rungs, [](const RungState& rung) {
    return rung.ok + rung.bad + rung.blocked + rung.skipped + rung.undecided == 0;
  });
  return rungs;
}

std::string Tally::broken_rung(std::string_view triple) const {
  for (const RungState& rung : ladder(triple)) {
    if (rung.bad > 0) return rung.rung;
  }
  return {};
}

std::vector<ReasonGroup> Tally::grouped(std::string_view triple, Status wanted) const {
  std::map<std::pair<std::uint16_t, std::uint32_t>, ReasonGroup> groups;
  for (CaseIx test = 0; test < verdicts_.size(); ++test) {
    const Verdict& verdict = verdicts_[test];
    const auto name = table_.find(test);
    if (verdict.status != wanted || !name || table_.stream(name->stream).target != triple) continue;
    ReasonGroup& group = groups[{verdict.kind, verdict.reason}];
    group.kind = kind(test);
    group.reason = reason(test);
    group.cases.push_back(test);
  }
  std::vector<ReasonGroup> found;
  for (auto& [key, group] : groups) found.push_back(std::move(group));
  std::ranges::stable_sort(found, std::ranges::greater{}, [](const ReasonGroup& group) { return group.cases.size(); });
  return found;
}

Status Tally::status(CaseIx test) const { return test < verdicts_.size() ? verdicts_[test].status : Status::not_run; }
bool Tally::decided(CaseIx test) const { return test < verdicts_.size() && verdicts_[test].decided; }
std::string_view Tally::kind(CaseIx test) const {
  return kinds_.list[test < verdicts_.size() ? verdicts_[test].kind : 0];
}
std::string_view Tally::reason(CaseIx test) const {
  return reasons_.list[test < verdicts_.size() ? verdicts_[test].reason : 0];
}

int Tally::exit_code() const { return exit_code(ended_ ? ended_->reason : "finished"); }

int Tally::exit_code(std::string_view reason) const {
  if (reason == "interrupted") return 130;
  std::uint64_t bad = 0, build = 0;
  for (const CaseIx test : policy_.gate_is_open() ? std::vector<CaseIx>{} : this->bad()) {
    ++(verdicts_[test].status == Status::build_fail ? build : bad);
  }
  if (bad > 0) return 100;
  if (build > 0) return 101;
  if (reason == "error") return 102;
  if (table_.size() == 0) return 4;
  if (count(Weight::inconclusive) > 0) return 102;
  if (!policy_.gate_is_open() && count(Weight::good) == 0) return 102;
  return policy_.outstanding() > 0 ? 5 : 0;
}

Counts Tally::as_counts() const {
  Counts result;
  const StatusCounts sum = counts();
  for (std::size_t i = 0; i < status_count; ++i) {
    if (sum.by_status[i] > 0) result.by_status[std::string(to_string(static_cast<Status>(i)))] = sum.by_status[i];
  }
  return result;
}

}  // namespace xtest
