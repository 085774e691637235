// SPDX-License-Identifier: Apache-2.0
#include "reports/list.h"

#include "reports/summary_text.h"
#include "runner/base/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace xtest {
namespace {

std::string field(std::string_view name, std::string_view value) {
  return value.empty() ? "" : fmt::format("{:<12}{}\n", name, safe_text(value));
}

std::string utc(std::chrono::milliseconds since_epoch) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(since_epoch).count();
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(whole)));
}

std::string indented(std::string_view text) {
  std::string made;
  std::vector<std::string_view> lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (const std::string_view line : lines) made += fmt::format("   | {}\n", line);
  return made;
}

}  // namespace

void TestList::on(const Event& event) {
  if (const auto* run = std::get_if<RunStarted>(&event.body)) table_.add(*run);
  const auto* unit = std::get_if<UnitListed>(&event.body);
  if (!unit) return;
  table_.add(*unit);
  for (std::size_t i = 0; i < unit->cases.size(); ++i) {
    if (!unit->cases[i].skip.empty()) skips_[unit->first_case + static_cast<CaseIx>(i)] = unit->cases[i].skip;
  }
}

std::string TestList::text() const {
  std::vector<std::vector<CaseIx>> by_stream(table_.streams().size());
  for (CaseIx test = 0; test < table_.end(); ++test) {
    if (const auto name = table_.find(test)) by_stream[name->stream].push_back(test);
  }
  std::string text;
  std::set<std::string> seen;
  for (std::size_t stream = 0; stream < by_stream.size(); ++stream) {
    if (by_stream[stream].empty()) continue;
    if (!ids_only_) text += safe_text(table_.streams()[stream].stream.to_string()) + "\n";
    for (const CaseIx test : by_stream[stream]) {
      const std::string id = table_.id(test);
      const auto skip = skips_.find(test);
      if (ids_only_) text += seen.insert(id).second ? safe_text(id) + "\n" : "";
      else
        text +=
            "  " + safe_text(id) + (skip == skips_.end() ? "" : "   [skip: " + safe_text(skip->second) + "]") + "\n";
    }
  }
  return text;
}

void ShowText::on(const Event& event) {
  tally_.on(event);
  comparison_.on(event);
  if (std::holds_alternative<RunStarted>(event.body)) begun_ = event.wall;
  if (options_.test.empty()) return;
  if (const auto* unit = std::get_if<UnitListed>(&event.body)) on_unit(*unit);
  if (const auto* seen = std::get_if<CaseObserved>(&event.body)) {
    if (const auto found = wanted_.find(seen->test); found != wanted_.end() && seen->observed.parent.empty()) {
      found->second.attempts.push_back({seen->job, seen->attempt, seen->observed, {}, seen->confirmer});
    }
  } else if (const auto* decided = std::get_if<CaseDecided>(&event.body)) {
    if (const auto found = wanted_.find(decided->test); found != wanted_.end()) {
      found->second.outcome = decided->outcome;
      found->second.decided = true;
    }
  } else if (const auto* started = std::get_if<JobStarted>(&event.body)) {
    const auto is_wanted = [&](CaseIx test) { return wanted_.contains(test); };
    if (std::ranges::any_of(started->cases, is_wanted))
      jobs_[started->job] = {started->what, started->session, {}, {}, {}, {}};
  } else if (const auto* ended = std::get_if<JobEnded>(&event.body)) {
    const auto job = jobs_.find(ended->job);
    if (job == jobs_.end()) return;
    job->second.ending =
        describe(ended->completion.how) + (ended->trusted ? "" : "; what it said of its tests is void");
    job->second.evidence = ended->completion.evidence;
    job->second.cached_from = ended->cached_from;
    job->second.files = ended->completion.files;
  }
}

void ShowText::on_unit(const UnitListed& unit) {
  for (std::size_t i = 0; i < unit.cases.size(); ++i) {
    const CaseIx test = unit.first_case + static_cast<CaseIx>(i);
    const std::string id = tally_.table().id(test);
    if (id == options_.test || glob_match(options_.test, id)) wanted_[test];
  }
}

std::string ShowText::text() const {
  if (options_.test.empty()) return run_text();
  std::string text;
  for (const auto& [test, wanted] : wanted_) text += (text.empty() ? "" : "\n") + case_text(test, wanted);
  return text;
}

std::string ShowText::run_text() const {
  const RunStarted& run = tally_.run();
  std::string text = field("run", run.run) + field("begun", utc(begun_)) + field("command", join(run.argv, " "));
  text += field("xtest", run.version) + field("host", run.host) + field("made from", run.parent);
  text += field("partition", run.partition);
  for (const auto& [name, revision] : run.components) text += field("component", name + " " + revision);
  for (const StreamInfo& info : tally_.table().streams()) {
    text += field("stream", info.stream.to_string());
    text += field("", join(std::vector<std::string>{info.executor_identity, info.toolchain_identity}, "; "));
  }
  SummaryStyle style;
  style.block = options_.style;
  style.record = options_.record;
  style.junit = options_.junit;
  style.most_bad = ~std::size_t{0};
  return text + summary_text(tally_, comparison_, style);
}

std::string ShowText::case_text(CaseIx test, const Wanted& wanted) const {
  const CaseName name = *tally_.table().find(test);
  const StreamInfo& stream = tally_.table().streams()[name.stream];
  History history;
  history.attempts = wanted.attempts;
  const std::string id = tally_.table().id(test);
  BlockStyle style = options_.style;
  style.output_cap = 0;
  std::string text = failure_block({tally_.run(), stream, id, wanted.outcome, history}, style);
  text += field("   stream", stream.stream.to_string()) + field("   source", name.source) + field("   rung", name.rung);
  if (!wanted.decided) text += "   no outcome is recorded\n";
  for (const Seen& seen : wanted.attempts) text += attempt_text(seen);
  return text;
}

std::string ShowText::file_text(const ResultFile& file) const {
  const std::string name = safe_text(file.name);
  const std::string size = file.size == 0 && file.kept.empty() ? "" : " (" + human_bytes(file.size) + ")";
  if (file.kept.empty()) return fmt::format("   no file {}{}: {}\n", name, size, safe_text(file.trouble));
  return fmt::format("   file {}{}: {}\n", name, size, safe_text(options_.record + "/output/" + file.kept));
}

std::string ShowText::attempt_text(const Seen& seen) const {
  std::string text = fmt::format("   attempt {}{}: {}{}: {}\n", seen.attempt, on_text(seen), to_string(seen.observed.status),
                                 seen.observed.kind.empty() ? "" : " (" + safe_text(seen.observed.kind) + ")",
                                 safe_text(seen.observed.message));
  if (const auto job = jobs_.find(seen.job); job != jobs_.end()) {
    const JobSeen& ran = job->second;
    text += fmt::format("   {}{}: {}{}\n", safe_text(ran.what.empty() ? "job " + std::to_string(seen.job) : ran.what),
                        ran.session.empty() ? "" : " in " + safe_text(ran.session),
                        ran.ending.empty() ? "its end is not recorded" : safe_text(ran.ending),
                        ran.cached_from.empty() ? "" : "; taken over from " + safe_text(ran.cached_from));
    text += indented(safe_text(ran.evidence, Lines::keep));
    for (const ResultFile& file : ran.files) text += file_text(file);
  }
  if (seen.observed.output.empty()) return text + "   no output\n";
  return text + indented(safe_text(seen.observed.output, Lines::keep));
}

}  // namespace xtest
