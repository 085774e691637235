// SPDX-License-Identifier: Apache-2.0
#include "emulators/run_once.h"
#include "runner/base/text.h"
#include "runner/cli/commands.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/install.h"
#include "runner/cli/prepare.h"
#include "runner/cli/scratch.h"
#include "runner/store/paths.h"
#include "targets/doctor.h"
#include "targets/host.h"
#include "targets/rust.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

namespace xtest {
namespace {

struct DoctorOptions {
  TargetOptions where;
  bool install = false;
};

// Executes a program the doctor has built, in the executor that a run would take.
ExecuteCheck executing(const Prepared& prepared, const Folders& folders) {
  return [&prepared, &folders](Language language, std::filesystem::path program) -> Task<CheckedTool> {
    CheckedTool row;
    row.what = "executing " + std::string(to_string(language));
    row.role = "executor";
    if (!prepared.executor) {
      row.detail = "no executor of this target can be used here";
      co_return row;
    }
    (*folders.say)("executing " + std::string(to_string(language)) + " on " + prepared.executor->name());
    try {
      RunRequest request;
      request.command.argv.push_back(PathRef{program});
      request.command.limits.wall = std::chrono::minutes(1);
      const Completion completion = co_await run_once(*prepared.executor, std::move(request));
      row.good = exited_with(completion, 0);
      row.detail = prepared.executor->identity() + ": the program " + describe(completion.how);
    } catch (const Error& error) {
      row.detail = error.what();
    }
    co_return row;
  };
}

CheckedTool executor_row(const Considered& considered, const Target& target) {
  CheckedTool row;
  row.what = "executor " + considered.executor;
  row.role = "executor:" + considered.executor;
  row.good = considered.availability.usable;
  row.detail = considered.availability.why;
  if (!row.good) row.packages = packages_for(target, row.role, host_facts());
  return row;
}

Task<std::vector<CheckedTool>> check(const Registry& registry, const Target& target, const DoctorOptions& options,
                                     const Scratch& scratch) {
  const Folders folders{find_locations(), scratch.path() / "run", cache_dir(), scratch.path() / "consoles"};
  (*folders.say)("looking for compilers and an executor of " + target.triple);
  const Prepared prepared = co_await prepare(registry, target, options.where, folders);
  std::vector<CheckedTool> rows;
  for (const Considered& considered : prepared.considered) {
    if (considered.availability.usable || !prepared.executor) rows.push_back(executor_row(considered, target));
  }
  std::vector<Language> languages;
  for (const Language language : wanted_languages(options.where)) {
    const auto spec = target.compilers.find(language);
    if (spec != target.compilers.end() && spec->second.absent.empty()) languages.push_back(language);
    else std::cout << fmt::format("  -     {:<22} {}\n", to_string(language), prepared.target.absent.at(language));
  }
  const auto programs = scratch.path() / "programs";
  std::filesystem::create_directory(programs);
  DoctorRequest request{target, languages, folders.cache, programs, executing(prepared, folders)};
  for (CheckedTool& row : co_await check_target(std::move(request))) rows.push_back(std::move(row));
  co_return rows;
}

std::vector<std::string> packages_of(const std::vector<CheckedTool>& rows) {
  std::vector<std::string> packages;
  for (const CheckedTool& row : rows) {
    for (const std::string& package : row.packages) {
      if (!row.good && std::ranges::find(packages, package) == packages.end()) packages.push_back(package);
    }
  }
  return packages;
}

bool print_rows(const std::vector<CheckedTool>& rows) {
  bool good = true;
  for (const CheckedTool& row : rows) {
    fmt::print("  {}  {:<22} {}\n", row.good ? "ok  " : "MISS", row.what, row.detail);
    if (!row.good && !row.remedy.empty()) fmt::print("        {:<22} {}\n", "", row.remedy);
    good = good && row.good;
  }
  return good;
}

Task<bool> doctor_one(const Registry& registry, const Target& target, const DoctorOptions& options) {
  const Scratch scratch;
  fmt::print("{}\n", target.triple);
  auto rows = co_await check(registry, target, options, scratch);
  auto packages = packages_of(rows);
  if (options.install) {
    co_await install_packages(packages);
    if (asked_for(options.where, Language::rust)) co_await install_rust(target, cache_dir());
    const Scratch again;
    rows = co_await check(registry, target, options, again);
    packages = packages_of(rows);
  }
  const bool good = print_rows(rows);
  if (!packages.empty()) fmt::print("  install: {}\n", install_command(packages, host_facts()));
  co_return good;
}

Task<int> doctor(const Registry& registry, DoctorOptions options) {
  TargetLibrary library = open_targets(find_locations(), options.where);
  std::vector<std::string> names = options.where.targets;
  if (names.empty()) names = library.names();
  bool good = true;
  for (const std::string& name : names) {
    const Target& target = library.find(name);
    good = co_await doctor_one(registry, target, options) && good;
  }
  co_return good ? exit_code::ok : exit_code::usage;
}

}  // namespace

void add_doctor(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<DoctorOptions>();
  auto* command = add_command(
      app, "doctor",
      "Checks every tool of a target by using it: compiles a program and runs it. Names the missing\n"
      "package and the command. Exit code 2 if something is missing.\n\n"
      "  xtest doctor --target s390x-linux-gnu\n"
      "  xtest doctor --target aarch64 --lang all --install");
  add_target_options(*command, options->where);
  command->add_flag("--install", options->install, "install what is missing");
  command->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] {
      return run_async([&] { return doctor(invocation.registry, *options); });
    };
  });
}

}  // namespace xtest
