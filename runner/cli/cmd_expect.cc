// SPDX-License-Identifier: Apache-2.0
#include "runner/base/files.h"
#include "runner/base/text.h"
#include "runner/cli/commands.h"
#include "runner/cli/context.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/expect_file.h"
#include "runner/cli/expect_report.h"
#include "runner/engine/replay.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

namespace xtest {
namespace {

namespace fs = std::filesystem;

std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::now())); }

// ---- explain: which entries are about a test here ----

std::string state_of(const Expectation& entry, const Occasion& occasion, bool is_counted) {
  if (!is_meant(entry, occasion)) return "is not meant here";
  if (entry.is_expired(occasion.today)) return "has expired";
  return is_counted ? "counts" : "is overruled";
}

void explain_entry(const Expectation& entry, const Occasion& occasion, bool is_counted) {
  fmt::print("  {:<8} {}: {} {}\n", to_string(entry.layer), to_string(entry.where), entry.kind == Expectation::Kind::skip ? "skip" : "xfail",
             state_of(entry, occasion, is_counted));
  fmt::print("           {}{}\n", entry.reason, entry.link.empty() ? "" : " (" + entry.link + ")");
  if (entry.when) fmt::print("           when {}\n", entry.when->to_string());
  if (!entry.versions.empty()) fmt::print("           versions {}, here {}\n", to_string(entry.versions), occasion.suite_revision);
  if (!entry.expires.empty()) fmt::print("           until {}\n", entry.expires);
}

Task<int> explain(const Registry& registry, RunOptions options) {
  const auto work = fs::path(options.runs).parent_path() / "work" / new_ulid();
  const RunContext context = co_await make_context(registry, std::move(options), work);
  std::error_code ignored;
  fs::remove_all(context.work, ignored);
  const std::string day = today();
  for (CaseIx test = 0; test < context.plan.case_unit.size(); ++test) {
    const StreamIx stream = context.plan.units[context.plan.case_unit[test]].stream;
    const std::size_t target = context.plan.stream_target[stream];
    const Expectations& lists = context.expectations[target];
    const Occasion occasion{context.targets[target].features, context.plan.streams[stream].suite_revision, day};
    const std::string id = context.plan.id(test);
    const Expectation* counted = lists.find(id, occasion);
    fmt::print("{}: {}\n", context.plan.result_id(test), counted ? "not expected to pass" : "expected to pass");
    for (const Expectation* entry : lists.about(id)) explain_entry(*entry, occasion, entry == counted);
  }
  co_return context.plan.case_unit.empty() ? refuse_empty_plan(context) : exit_code::ok;
}

// ---- check: is what a list says in order? ----

std::vector<fs::path> shipped_lists() {
  std::vector<fs::path> files;
  const fs::path data = find_locations().data;
  for (const char* folder : {"targets/expect", "emulators/expect"}) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(data / folder, none)) files.push_back(entry.path());
  }
  for (const auto& entry : fs::directory_iterator(data / "suites")) {
    if (fs::exists(entry.path() / "expect.yaml")) files.push_back(entry.path() / "expect.yaml");
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> faults_of(const Expectation& entry, const std::string& day) {
  std::vector<std::string> faults;
  if (entry.is_expired(day)) faults.push_back("expired on " + entry.expires);
  if (entry.link.empty() && entry.reproducer.empty()) faults.push_back("has neither a link nor a reproducer");
  if (entry.expires.empty()) faults.push_back("never expires");
  return faults;
}

int check(const std::vector<std::string>& named) {
  std::vector<fs::path> files(named.begin(), named.end());
  if (files.empty()) files = shipped_lists();
  std::size_t entries = 0, bad = 0;
  for (const fs::path& file : files) {
    for (const Expectation& entry : read_expectations(file, ExpectLayer::user)) {
      ++entries;
      const auto faults = faults_of(entry, today());
      if (!faults.empty()) ++bad;
      for (const std::string& fault : faults) fmt::print("{}: {} {}\n", to_string(entry.where), entry.test, fault);
    }
  }
  fmt::print("{} lists, {} entries, {} to look at\n", files.size(), entries, bad);
  return bad == 0 ? exit_code::ok : exit_code::failures;
}

// ---- update: a list that says what a run was like ----

struct UpdateOptions {
  std::string run = "latest", runs = ".xtest/runs", file, reason, link, when, expires;
};

struct Verdicts {
  std::vector<std::string> failed;                     // ids of tests that were expected to pass
  std::map<std::string, std::set<Status>> by_test;     // in whatever streams
};

Verdicts verdicts_of(const Replay& replay) {
  Verdicts verdicts;
  for_each_listed(replay, [&](const StreamInfo& info, const Case& one, CaseIx test) {
    const auto decided = replay.decided.find(test);
    if (decided == replay.decided.end()) return;
    const std::string id = TestId{info.stream.suite, one.group, one.name}.to_string();
    const Status status = decided->second.status;
    if (!verdicts.by_test[id].insert(status).second) return;
    if (weight(status) == Weight::bad && status != Status::xpass) verdicts.failed.push_back(id);
  });
  return verdicts;
}

// Entries of which everything that they name passed, and something did.
std::set<int> passing_now(const std::vector<Expectation>& entries, const Verdicts& verdicts) {
  std::set<int> lines;
  for (const Expectation& entry : entries) {
    bool any = false, all = true;
    for (const auto& [id, statuses] : verdicts.by_test) {
      if (!glob_match(entry.test, id)) continue;
      any = any || statuses.contains(Status::xpass);
      all = all && std::ranges::all_of(statuses, [](Status status) { return status == Status::xpass || status == Status::skip; });
    }
    if (any && all) lines.insert(entry.where.line);
  }
  return lines;
}

Expectation new_entry(const UpdateOptions& options, const std::string& id) {
  Expectation entry;
  entry.test = id;
  entry.reason = options.reason;
  entry.link = options.link;
  entry.expires = options.expires;
  if (!options.when.empty()) entry.when = Expr::parse(options.when, {"--when", 1, 1});
  return entry;
}

void replace(const fs::path& file, const std::string& text) {
  const fs::path fresh = file.string() + ".new";
  if (write_file(fresh, text) != 0) throw Error(ErrorKind::output, "cannot write " + fresh.string());
  read_expectations(fresh, ExpectLayer::user);   // it stays where it is if it cannot be read
  fs::rename(fresh, file);
}

int update(const UpdateOptions& options) {
  if (!options.expires.empty() && !is_date(options.expires)) throw Error(ErrorKind::usage, "--expires " + options.expires + " is no date", "write YYYY-MM-DD");
  const auto record = find_run(options.runs, options.run);
  const Replay replay = read_replay(record);
  refuse_damage(replay, record);
  const Verdicts verdicts = verdicts_of(replay);
  const bool is_there = fs::exists(options.file);
  const auto known = is_there ? read_expectations(options.file, ExpectLayer::user) : std::vector<Expectation>{};
  const std::set<int> gone = passing_now(known, verdicts);
  std::vector<Expectation> added;
  for (const std::string& id : verdicts.failed) added.push_back(new_entry(options, id));
  const std::string before = is_there ? read_file(options.file).value_or("") : "";
  const std::string after = with_entries(gone.empty() ? before : without_entries(before, known, gone), added);
  if (!added.empty() || !gone.empty()) replace(options.file, after);
  for (const Expectation& entry : known) {
    if (gone.contains(entry.where.line)) fmt::print("- {} (passes now)\n", entry.test);
  }
  for (const Expectation& entry : added) fmt::print("+ {}\n", entry.test);
  fmt::print("{}: {} added, {} removed\n", options.file, added.size(), gone.size());
  return exit_code::ok;
}

}  // namespace

void add_expect(CLI::App& app, Invocation& invocation) {
  auto* group = add_command(app, "expect",
                            "Lists of known failures: what they say of a test, whether they are in order, and what a run adds to them.\n\n"
                            "  xtest expect explain -t aarch64 --suite probes 'probes::C2::*'\n"
                            "  xtest expect check known.yaml\n"
                            "  xtest expect update latest --file known.yaml --reason 'no stack probes' --link rust-lang/rust#77071 --expires 2027-06-30");
  group->require_subcommand(1);

  auto run_options = std::make_shared<RunOptions>();
  auto* explained = add_command(*group, "explain", "Which entries are about tests, in which layer, and which one counts; options as for `run`.\n\n"
                                                     "  xtest expect explain -t aarch64 --suite probes 'probes::C2::*'");
  add_run_options(*explained, *run_options);
  explained->callback([run_options, &invocation] {
    invocation.chosen = [run_options, &invocation] { return run_async([&] { return explain(invocation.registry, *run_options); }); };
  });

  auto files = std::make_shared<std::vector<std::string>>();
  auto* checked = add_command(*group, "check", "Reads lists (those of xtest without a FILE) and names entries that have expired, never will, or show no\n"
                                                 "evidence. Exit code 100 if there are any.\n\n  xtest expect check known.yaml");
  checked->add_option("FILE", *files, "expectation list");
  checked->callback([files, &invocation] { invocation.chosen = [files] { return check(*files); }; });

  auto options = std::make_shared<UpdateOptions>();
  auto* updated = add_command(*group, "update", "Adds what failed in a run to a list of yours, and takes out what passes now.\n\n"
                                                  "  xtest expect update latest --file known.yaml --reason 'no stack probes' --link rust-lang/rust#77071");
  updated->add_option("RUN", options->run, "run id, a unique beginning of one, latest, latest~2")->capture_default_str();
  updated->add_option("--runs", options->runs, "folder of the records")->capture_default_str()->type_name("DIR");
  updated->add_option("--file", options->file, "the list; made if it is not there")->required()->type_name("FILE");
  updated->add_option("--reason", options->reason, "why they fail")->required();
  updated->add_option("--link", options->link, "where that is written");
  updated->add_option("--when", options->when, "feature expression: where they fail");
  updated->add_option("--expires", options->expires, "until when this is to be believed")->type_name("YYYY-MM-DD");
  updated->callback([options, &invocation] { invocation.chosen = [options] { return update(*options); }; });
}

}  // namespace xtest
