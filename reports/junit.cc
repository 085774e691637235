// SPDX-License-Identifier: Apache-2.0
#include "reports/junit.h"

#include "reports/failure_block.h"
#include "reports/junit_case.h"
#include "reports/output_file.h"
#include "runner/base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace xtest {
namespace {

std::string with_underscores(std::string_view part) {
  std::string text(part);
  std::ranges::replace(text, '.', '_');
  return text;
}

std::string file_stem(const Stream& stream) {
  std::string text = "TEST-" + stream.to_string();
  std::ranges::replace(text, '/', '+');
  return text;
}

}  // namespace

Junit::Junit(JunitOptions options) : options_(std::move(options)), writer_(options_.dialect) {}
Junit::~Junit() = default;

void Junit::on(const Event& event) {
  if (trouble_) return;
  try {
    take(event);
  } catch (const std::exception& error) {
    trouble_ = error.what();
  }
}

void Junit::take(const Event& event) {
  attempts_.on(event);
  if (const auto* decided = std::get_if<CaseDecided>(&event.body)) on_decided(*decided);
  else if (const auto* job = std::get_if<JobStarted>(&event.body)) on_job(event, *job);
  else if (const auto* unit = std::get_if<UnitListed>(&event.body)) on_unit(*unit);
  else if (const auto* run = std::get_if<RunStarted>(&event.body)) on_run(event, *run);
  else if (const auto* end = std::get_if<RunEnded>(&event.body)) ended_ = *end;
  else if (std::holds_alternative<Resumed>(event.body)) ended_.reset();
}

void Junit::on_run(const Event& event, const RunStarted& run) {
  trouble_ = make_folder(options_.folder);
  run_ = run;
  policy_ = Policy(run);
  table_.add(run);
  streams_.resize(run.streams.size());
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const std::string name = "." + file_stem(run.streams[i].stream) + ".spool";
    streams_[i].spool = std::make_unique<Spool>(options_.folder / name);
    streams_[i].begun = event.wall;
  }
}

void Junit::on_unit(const UnitListed& unit) {
  if (unit.stream >= streams_.size()) return;
  const std::size_t before = table_.size();
  table_.add(unit);
  places_.resize(table_.end(), 0);
  StreamState& stream = streams_[unit.stream];
  stream.listed += table_.size() - before;
  for (const Case& listed : unit.cases) {
    std::vector<std::string>& same = stream.groups[with_underscores(listed.group)];
    if (std::ranges::find(same, listed.group) == same.end()) same.push_back(listed.group);
  }
}

void Junit::on_job(const Event& event, const JobStarted& job) {
  const auto stream = table_.stream_of(job.unit);
  if (stream && !streams_[*stream].has_begun) {
    streams_[*stream].has_begun = true;
    streams_[*stream].begun = event.wall;
  }
}

void Junit::on_decided(const CaseDecided& decided) {
  const History history = attempts_.take(decided.test);
  const auto name = table_.find(decided.test);
  if (!name) return;
  std::uint64_t& place = places_[decided.test];
  if (place != 0) streams_[name->stream].spool->kill(place - 1);
  place = 0;
  not_run_.erase(decided.test);
  if (decided.outcome.status == Status::not_run) not_run_[decided.test] = decided.outcome.reason;
  else write_case(decided.test, decided.outcome, history);
}

void Junit::write_case(CaseIx test, const Outcome& outcome, const History& history) {
  const JunitCase made = to_case(test, outcome, history);
  StreamState& stream = streams_[table_.find(test)->stream];
  stream.subtests += history.subtests;
  places_[test] = stream.spool->append(made.verdict, made.time, writer_.test_case(made)) + 1;
}

JunitCase Junit::to_case(CaseIx test, const Outcome& outcome, const History& history) {
  const CaseName name = *table_.find(test);
  const std::string id = table_.id(test);
  const StreamInfo& stream = table_.streams()[name.stream];
  const ResultView result{run_, stream, id, outcome, history};
  JunitCase made = junit_case({result, policy_, options_.output_of_passes});
  made.class_name = class_name(name.stream, name.group);
  made.name = name.name;
  if (options_.dialect != JunitDialect::rich) return made;
  made.file = name.source;
  made.properties = {
      {"status", std::string(to_string(outcome.status))},
      {"attempts", std::to_string(outcome.attempts)},
      {"executor", stream.executor_identity.empty() ? stream.stream.executor : stream.executor_identity}};
  if (!outcome.expectation.empty()) made.properties.emplace_back("expectation", outcome.expectation);
  const Seen* seen = history.deciding(outcome);
  if (seen && !seen->reused_from.empty()) made.properties.emplace_back("reused-from", seen->reused_from);
  if (!name.rung.empty()) made.properties.emplace_back("rung", name.rung);
  return made;
}

std::string Junit::class_name(StreamIx stream, std::string_view group) {
  const Stream& at = table_.stream(stream);
  std::string written = with_underscores(group);
  const std::vector<std::string>& same = streams_[stream].groups[written];
  const auto place = std::ranges::find(same, group) - same.begin();
  if (place > 0 && place < std::ssize(same)) written += fmt::format("~{}", place + 1);
  return fmt::format("{}@{},{},{}.{}.{}", with_underscores(at.target), with_underscores(at.toolchain),
                     with_underscores(at.options), with_underscores(at.executor), with_underscores(at.suite), written);
}

std::optional<std::string> Junit::close() {
  if (closed_) return trouble_;
  closed_ = true;
  if (trouble_) return trouble_;
  try {
    write_holes();
    for (StreamIx stream = 0; stream < streams_.size() && !trouble_; ++stream) write_stream(stream);
  } catch (const std::exception& error) {
    trouble_ = error.what();
  }
  return trouble_;
}

void Junit::write_holes() {
  const std::string ending = ended_ ? ended_->reason : "the record has no end";
  for (CaseIx test = 0; test < places_.size(); ++test) {
    const auto name = table_.find(test);
    if (!name || places_[test] != 0) continue;
    Outcome outcome;
    const auto decided = not_run_.find(test);
    outcome.reason = decided != not_run_.end() && !decided->second.empty() ? decided->second : "not run: " + ending;
    write_case(test, outcome, attempts_.take(test));
    ++streams_[name->stream].not_run;
  }
  for (StreamIx stream = 0; stream < streams_.size(); ++stream) {
    const StreamState& state = streams_[stream];
    if (state.not_run > 0) {
      write_incomplete(stream,
                       fmt::format("{} of {} listed tests were not run ({})", state.not_run, state.listed, ending));
    } else if (state.listed == 0 && ending != "finished") {
      write_incomplete(stream, fmt::format("no test was listed ({})", ending));
    }
  }
}

void Junit::write_incomplete(StreamIx stream, const std::string& why) {
  JunitCase hole;
  hole.class_name = class_name(stream, "xtest");
  hole.name = "xtest/incomplete";
  hole.verdict = JunitVerdict::error;
  hole.type = "xtest.incomplete";
  hole.message = why;
  hole.detail = fmt::format("{}\ncontinue: xtest resume {}\n", why, run_.run);
  streams_[stream].spool->append(hole.verdict, hole.time, writer_.test_case(hole));
}

void Junit::write_stream(StreamIx stream) {
  const std::uint64_t reserve = std::min<std::uint64_t>(options_.bytes_a_file / 8, 64u << 10);
  const auto parts = streams_[stream].spool->parts(options_.cases_a_file, options_.bytes_a_file - reserve);
  for (std::size_t i = 0; i < parts.size() && !trouble_; ++i) write_part(stream, parts[i], i + 1, parts.size());
  if (!trouble_) remove_stale(stream, parts.size());
  streams_[stream].spool.reset();
}

void Junit::write_part(StreamIx stream, const SpoolPart& part, std::size_t number, std::size_t of) {
  const std::filesystem::path path = file_name(stream, number, of);
  AtomicFile file(path);
  file.write(writer_.head(head_of(stream, number, of), part));
  streams_[stream].spool->copy(part, [&](std::string_view xml) { file.write(xml); });
  file.write(writer_.tail());
  trouble_ = file.commit();
  if (!trouble_) files_.push_back(path);
}

// Files of an earlier report of the same run that was cut otherwise.
void Junit::remove_stale(StreamIx stream, std::size_t parts) {
  std::error_code ignored;
  if (parts > 1) std::filesystem::remove(file_name(stream, 1, 1), ignored);
  for (std::size_t number = parts > 1 ? parts + 1 : 1;; ++number) {
    if (!std::filesystem::remove(file_name(stream, number, 2), ignored)) break;
  }
}

std::filesystem::path Junit::file_name(StreamIx stream, std::size_t number, std::size_t of) const {
  const std::string stem = file_stem(table_.stream(stream));
  return options_.folder / (of > 1 ? fmt::format("{}.{:03}.xml", stem, number) : stem + ".xml");
}

SuiteHead Junit::head_of(StreamIx stream, std::size_t number, std::size_t of) const {
  const StreamInfo& info = table_.streams()[stream];
  const Stream& at = info.stream;
  SuiteHead head;
  head.name = at.to_string();
  if (of > 1) head.name += fmt::format(" ({}/{})", number, of);
  head.package = at.target;
  head.begun = streams_[stream].begun;
  head.id = stream;
  head.properties = {{"run", run_.run},           {"xtest", run_.version},
                     {"host", run_.host},         {"target", at.target},
                     {"suite", at.suite},         {"suite.revision", info.suite_revision},
                     {"toolchain", at.toolchain}, {"toolchain.identity", info.toolchain_identity},
                     {"options", at.options},     {"executor", at.executor},
                     {"executor.identity", info.executor_identity},
                     {"repro", suite_repro_command(run_, at)}};
  if (streams_[stream].subtests > 0)
    head.properties.emplace_back("subtests", std::to_string(streams_[stream].subtests));
  if (!run_.partition.empty()) head.properties.emplace_back("partition", run_.partition);
  for (const auto& [name, revision] : run_.components) head.properties.emplace_back("component." + name, revision);
  std::erase_if(head.properties, [](const auto& property) { return property.second.empty(); });
  return head;
}

}  // namespace xtest
