// SPDX-License-Identifier: Apache-2.0
#include "reports/list.h"
#include "reports/make_sink.h"
#include "runner/base/text.h"
#include "runner/cli/commands.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/terminal.h"
#include "runner/record/record.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace xtest {
namespace {

struct RecordOptions {
  std::string run = "latest";
  std::string runs = ".xtest/runs";
  std::string format = "console";
  std::string output;
  std::string dialect;
  std::string color = "auto";
};

// Says what of the record could not be read. Its exit code is not 0 if events are missing from what is shown.
int told_of_damage(const ReadReport& report, const std::filesystem::path& record) {
  const std::string file = (record / "events.jsonl").string();
  if (report.torn) std::cerr << "xtest: the last line of " << file << " was torn and is left out\n";
  for (const std::string& line : report.damaged) std::cerr << "xtest: " << file << ": " << line << "\n";
  if (report.unreadable == 0) return exit_code::ok;
  std::cerr << "error: " << file << " is damaged: " << report.unreadable
            << " of its lines cannot be read\n  what they said is missing here\n";
  return exit_code::usage;
}

std::string run_line(const RunHead& run) {
  const std::string& reason = run.damaged ? "damaged" : run.reason;
  return fmt::format("{}  {}  {:<12} {:>3}  {}", run.id, run.begun, reason, run.exit_code, join(run.targets, ","));
}

int list_all(const std::filesystem::path& runs) {
  int code = exit_code::ok;
  for (const auto& record : list_runs(runs)) {
    const RunHead head = read_run_head(record);
    std::cout << run_line(head) << "\n";
    if (!head.damaged) continue;
    std::cerr << "error: " << (record / "run.json").string() << " cannot be read\n  `xtest show " << head.id
              << "` shows what the events say\n";
    code = exit_code::usage;
  }
  return code;
}

// Without a run: the runs there are. With one: its tests.
int list(const RecordOptions& options) {
  if (options.run.empty()) return list_all(options.runs);
  const auto record = find_run(options.runs, options.run);
  TestList tests;
  const ReadReport read = read_record(record, [&](Event&& event) { tests.on(event); });
  std::cout << tests.text();
  return told_of_damage(read, record);
}

// RUN, RUN::TEST or TEST of the latest run.
int show(const RecordOptions& options) {
  const auto colons = options.run.find("::");
  const std::string run = options.run.substr(0, colons);
  const std::string test = colons == std::string::npos ? "" : options.run.substr(colons + 2);
  const auto record = find_run(options.runs, run);
  ShowOptions wanted;
  wanted.test = test;
  wanted.record = record.string();
  wanted.junit = (record / "junit").string();
  ShowText text(std::move(wanted));
  const int code = told_of_damage(read_record(record, [&](Event&& event) { text.on(event); }), record);
  if (!text.found()) {
    std::cerr << "error: " << record.filename().string() << " has no test " << test << "\n  `xtest list "
              << record.filename().string() << "` shows those it has\n";
    return exit_code::nothing_selected;
  }
  std::cout << text.text();
  return code;
}

int report(const RecordOptions& options) {
  const auto record = find_run(options.runs, options.run);
  SinkOptions sink;
  sink.path = options.output;
  sink.dialect = junit_dialect(options.dialect);
  sink.console = console_options(options.color, false);
  sink.console.fd = 1;
  sink.console.tty = false;
  sink.console.record = record.string();
  sink.console.junit = (record / "junit").string();
  auto made = make_sink(options.format, sink);
  const int code = told_of_damage(read_record(record, [&](Event&& event) { made->on(event); }), record);
  if (const auto trouble = made->close()) throw Error(ErrorKind::output, *trouble);
  return code;
}

std::string format_names() {
  std::string names;
  for (const FormatInfo& format : report_formats()) names += (names.empty() ? "" : ", ") + std::string(format.name);
  return names;
}

}  // namespace

void add_records(CLI::App& app, Invocation& invocation) {
  const auto add = [&](const char* name, const char* help, auto body) {
    auto options = std::make_shared<RecordOptions>();
    auto* command = add_command(app, name, help);
    command->add_option("--runs", options->runs, "folder of the records")->capture_default_str()->type_name("DIR");
    command->callback([options, &invocation, body] { invocation.chosen = [options, body] { return body(*options); }; });
    return std::pair{command, options};
  };
  const auto [list_command, list_options] =
      add("list", "Lists the recorded runs, oldest first, or the tests of one.\n\n  xtest list\n  xtest list latest",
          list);
  list_options->run.clear();
  list_command->add_option("RUN", list_options->run, "run; default: all runs");
  const auto [show_command, show_options] =
      add("show",
          "Shows a run, or one test of it with its output and diagnosis.\n\n"
          "  xtest show\n  xtest show latest::probes::C1::cxx\n  xtest show 01JD5Q::hello::dynamic::c",
          show);
  show_command->add_option("RUN", show_options->run, "run, or RUN::TEST")->capture_default_str();
  const auto [report_command, report_options] =
      add("report", "Makes a report of a recorded run, equal to the one written live.\n\n"
                    "  xtest report latest --format junit --output DIR\n  xtest report latest --format jsonl", report);
  report_command->add_option("RUN", report_options->run, "run")->capture_default_str();
  report_command->add_option("-F,--format", report_options->format, "one of: " + format_names())->capture_default_str();
  report_command->add_option("-o,--output", report_options->output, "file (junit: folder); default: standard output");
  report_command->add_option("--junit-dialect", report_options->dialect, "portable or rich")
      ->check(CLI::IsMember({"portable", "rich", "ant", "surefire"}));
}

}  // namespace xtest
