// SPDX-License-Identifier: Apache-2.0
#include "reports/make_sink.h"
#include "reports/summary.h"
#include "runner/cli/commands.h"
#include "runner/cli/conduct.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/lie_report.h"
#include "runner/cli/terminal.h"
#include "runner/cli/worth_again.h"
#include "runner/engine/replay.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

namespace xtest {
namespace {

struct AgainOptions {
  std::string run = "latest";
  std::string runs = ".xtest/runs";
  std::vector<std::string> expect, known_lies;
  bool trace = false;
};

Task<int> resume(const Registry& registry, AgainOptions again) {
  const auto record = find_run(again.runs, again.run);
  const Replay replay = read_replay(record);
  RunOptions options = parse_run(replay.started.argv);
  options.runs = again.runs;
  const auto work = std::filesystem::path(again.runs).parent_path() / "work" / record.filename();
  std::set<std::string> only;
  if (!replay.started.parent.empty()) {          // a rerun: its tests were named one by one
    only = listed_ids(replay);
    options.partition.clear();
  }
  Conduct how;
  how.resume = record;
  RunContext context = co_await make_context(registry, std::move(options), work, std::move(only));
  co_return co_await conduct(registry, std::move(context), std::move(how));
}

// What the run itself ended with; a run that did not end has no verdict.
int exit_code_of(const Replay& replay) {
  for (auto event = replay.events.rbegin(); event != replay.events.rend(); ++event) {
    if (const auto* ended = std::get_if<RunEnded>(&event->body)) return ended->exit_code;
  }
  return exit_code::infra;
}

// Bad results of its parents that a rerun did not repeat.
std::size_t outstanding_of(const Replay& replay) {
  const auto found = replay.started.options.find("outstanding");
  return found == replay.started.options.end() ? 0 : std::strtoul(found->second.c_str(), nullptr, 10);
}

Task<int> rerun(const Registry& registry, AgainOptions again) {
  const auto record = find_run(again.runs, again.run);
  const Replay replay = read_replay(record);
  refuse_damage(replay, record);
  std::set<std::string> ids = worth_running_again(replay);
  if (ids.empty()) {
    const int code = exit_code_of(replay);
    std::cerr << "xtest: nothing of " << record.filename().string() << " can be run again; it ended with " << code << "\n";
    co_return code;
  }
  RunOptions options = parse_run(replay.started.argv);
  options.runs = again.runs;
  options.install = false;
  options.trace = options.trace || again.trace;
  options.partition.clear();            // the results are named one by one
  const std::size_t wanted = ids.size();
  const auto work = std::filesystem::path(again.runs).parent_path() / "work" / new_ulid();
  Conduct how;
  how.argv = replay.started.argv;
  how.parent = record.filename().string();
  RunContext context = co_await make_context(registry, std::move(options), work, std::move(ids));
  if (context.plan.case_unit.empty()) co_return refuse_empty_plan(context);
  how.outstanding = outstanding_of(replay) + wanted - std::min(wanted, context.plan.case_unit.size());
  co_return co_await conduct(registry, std::move(context), std::move(how));
}

// Result files go along to the new record.
void keep_again(const std::vector<ResultFile>& files, const std::filesystem::path& record, RecordWriter& writer) {
  for (const ResultFile& file : files) {
    const auto kept = record / "output" / file.kept;
    std::error_code ignored;
    if (file.kept.empty() || !std::filesystem::exists(kept, ignored)) continue;
    writer.keep_file(kept);
  }
}

// As they are now, one an entry of its targets; those of suites that are gone are missing.
std::vector<Expectations> lists_of(const Replay& replay, const RunOptions& options, const std::vector<std::string>& files) {
  const Locations locations = find_locations();
  std::vector<std::filesystem::path> roots{locations.data / "suites"}, folders;
  for (const std::string& folder : options.suite_dirs) {
    if (std::filesystem::is_directory(folder)) roots.emplace_back(folder);
  }
  for (const Suite& suite : find_suites(roots)) {
    const auto is_of_it = [&](const StreamInfo& info) { return info.stream.suite == suite.name; };
    if (std::ranges::any_of(replay.started.streams, is_of_it)) folders.push_back(suite.folder);
  }
  std::vector<Expectations> lists;
  for (const TargetInfo& target : replay.started.targets) lists.push_back(expectations_for(locations, {target.triple, target.executor, folders, files}));
  return lists;
}

// Makes a new record with the old observations and new decisions, and reports it.
int rejudge(const Registry&, const AgainOptions& again) {
  const auto record = find_run(again.runs, again.run);
  const Replay replay = read_replay(record);
  refuse_damage(replay, record);
  const RunOptions options = parse_run(replay.started.argv);
  const std::vector<Expectations> lists = lists_of(replay, options, again.expect.empty() ? options.expect : again.expect);
  const KnownLies lies = known_lies(find_locations(), again.known_lies.empty() ? options.known_lies : again.known_lies);
  const std::string today = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::now()));
  RecordWriter writer = RecordWriter::create(std::filesystem::path(again.runs) / new_ulid());
  Tally tally;
  SinkOptions console;
  console.console = console_options("auto", false);
  console.console.record = writer.folder().string();
  auto report = make_sink("console", console);
  LieReport lie_report(lies, today);
  std::uint64_t next_seq = 0;
  const auto tell = [&](Event& event) {
    event.seq = next_seq++;
    tally.on(event);
    lie_report.on(event);
    if (const auto* ended = std::get_if<JobEnded>(&event.body)) keep_again(ended->completion.files, record, writer);
    writer.write(event);
    report->on(event);
  };
  for (Event event : judge_again(replay, lists, lies, today)) {
    if (const auto* note = std::get_if<Note>(&event.body); note && note->area == kLieNotes) continue;   // of the old lists
    if (auto* started = std::get_if<RunStarted>(&event.body)) {
      started->parent = started->run;
      started->run = writer.folder().filename().string();
      started->expectations.clear();
      for (const Expectations& list : lists) started->expectations += list.digest().substr(0, 16);
      started->expectations += lies.digest().substr(0, 16);
    }
    if (auto* ended = std::get_if<RunEnded>(&event.body)) {
      for (Note& note : lie_report.notes()) {
        Event told{0, event.wall, event.mono, std::move(note)};
        tell(told);
      }
      ended->counts = tally.as_counts();
      ended->exit_code = tally.exit_code(ended->reason);
    }
    tell(event);
  }
  writer.sync();
  report->close();
  if (writer.trouble()) throw Error(ErrorKind::output, *writer.trouble());
  return tally.exit_code();
}

void add_run_choice(CLI::App& command, AgainOptions& options) {
  command.add_option("RUN", options.run, "run id, a unique beginning of one, latest, latest~2")->capture_default_str();
  command.add_option("--runs", options.runs, "folder of the records")->capture_default_str()->type_name("DIR");
}

}  // namespace

void add_again(CLI::App& app, Invocation& invocation) {
  const auto add = [&](const char* name, const char* help, auto body) {
    auto options = std::make_shared<AgainOptions>();
    auto* command = add_command(app, name, help);
    add_run_choice(*command, *options);
    command->callback([options, &invocation, body] {
      invocation.chosen = [options, &invocation, body] { return body(invocation.registry, *options); };
    });
    return std::pair{command, options};
  };
  add("resume", "Goes on with a run that was interrupted or killed; what it finished is kept.\n\n  xtest resume\n  xtest resume 01JD5Q",
      [](const Registry& registry, const AgainOptions& options) {
        return run_async([&] { return resume(registry, options); });
      });
  const auto [rerun_command, rerun_options] =
      add("rerun",
          "Runs again only what was bad in a run, as a new run.\n\n  xtest rerun\n  xtest rerun latest~1\n"
          "  xtest rerun --trace                  with the system calls of what fails again",
          [](const Registry& registry, const AgainOptions& options) {
            return run_async([&] { return rerun(registry, options); });
          });
  rerun_command->add_flag("--trace", rerun_options->trace, "run what fails once more under strace, or what the executor has");
  const auto [command, options] =
      add("rejudge", "Judges an old run again with other expectation lists, or with its own as they are now, without running\n"
                     "anything.\n\n"
                     "  xtest rejudge latest --expect known.yaml",
          [](const Registry& registry, const AgainOptions& options) { return rejudge(registry, options); });
  command->add_option("--expect", options->expect, "expectation list")->type_name("FILE");
  command->add_option("--known-lies", options->known_lies, "further list of what emulators get wrong")->type_name("FILE");
}

}  // namespace xtest
