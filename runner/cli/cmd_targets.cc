// SPDX-License-Identifier: Apache-2.0
#include "emulators/settings.h"
#include "runner/base/text.h"
#include "runner/cli/commands.h"
#include "runner/cli/context.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/lie_report.h"
#include "runner/cli/prepare.h"
#include "runner/cli/scratch.h"
#include "runner/store/paths.h"
#include "targets/host.h"
#include "targets/skeleton.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace xtest {
namespace {

std::string executors_of(const Target& target) {
  std::vector<std::string> names;
  for (const ExecutorSpec& spec : target.executors) names.push_back(spec.name);
  return join(names, ", ");
}

void print_table(TargetLibrary& library) {
  fmt::print("{:<32} {:<22} {}\n", "target", "executed by", "what it is");
  for (const Target* target : library.all()) fmt::print("{:<32} {:<22} {}\n", target->triple, executors_of(*target), target->title);
  fmt::print("\n`xtest targets TRIPLE` explains one; any usual spelling will do.\n");
}

void print_languages(const Prepared& prepared) {
  for (const auto& [language, toolchain] : prepared.target.toolchains)
    fmt::print("  {:<5} {} ({})\n", to_string(language), toolchain.program.string(), toolchain.version);
  for (const auto& [language, why] : prepared.target.absent) fmt::print("  {:<5} - {}\n", to_string(language), why);
}

void print_executors(const Prepared& prepared) {
  for (const Considered& considered : prepared.considered) {
    const bool taken = prepared.executor && prepared.executor->name() == considered.executor;
    fmt::print("  {:<10} {}: {}\n", considered.executor, taken ? "taken" : "cannot be used", considered.availability.why);
  }
  for (const ExecutorSpec& spec : prepared.target.target.executors) {
    const auto is_it = [&](const Considered& considered) { return considered.executor == spec.name; };
    if (std::ranges::none_of(prepared.considered, is_it)) fmt::print("  {:<10} not needed: an earlier one is taken\n", spec.name);
  }
}

// As in the names of streams: a guest's image belongs to it.
std::string full_name(const ExecutorSpec& spec) {
  const std::string image = setting(spec, "image");
  return image.empty() ? spec.name : spec.name + ":" + image;
}

void print_lies(const Target& target, const KnownLies& lies) {
  bool any = false;
  for (const KnownLie& lie : lies.entries()) {
    if (std::ranges::none_of(target.executors, [&](const ExecutorSpec& spec) { return lie.is_of(full_name(spec)); })) continue;
    if (!std::exchange(any, true)) fmt::print("\nknown lies of its emulators\n");
    fmt::print("  {}\n", lie_line(lie));
  }
}

Task<int> explain(const Registry& registry, TargetOptions options, std::string name) {
  const Locations locations = find_locations();
  TargetLibrary library = open_targets(locations, options);
  const Target& target = library.find(name);
  const Scratch scratch;
  const Folders folders{locations, scratch.path(), cache_dir(), scratch.path() / "consoles"};
  const Prepared prepared = co_await prepare(registry, target, options, folders);
  const std::vector<std::string> features(prepared.target.features.begin(), prepared.target.features.end());
  fmt::print("{}\n  {}\n  also called {}\n  from {}\n\nfeatures\n  {}\n\nlanguages\n", target.triple, target.title,
             join(target.aliases, ", "), target.where.file, join(features, " "));
  print_languages(prepared);
  fmt::print("\nexecutors, in order of preference\n");
  print_executors(prepared);
  print_lies(target, known_lies(locations, {}));
  const auto missing = missing_packages(prepared);
  if (!missing.empty()) fmt::print("\nto have what is missing\n  {}\n", install_command(missing, host_facts()));
  co_return exit_code::ok;
}

}  // namespace

void add_targets(CLI::App& app, Invocation& invocation) {
  struct Options {
    TargetOptions where;
    std::vector<std::string> words;
  };
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "targets", "Lists the targets, or explains one: what it needs, what is there, which executor and why.\n\n"
                                                "  xtest targets\n  xtest targets aarch64-linux-gnu\n"
                                                "  xtest targets new x86_64-unknown-redox > redox.yaml     a skeleton to start a port from");
  command->add_option("TRIPLE", options->words, "a target, or `new TRIPLE`")->expected(0, 2);
  command->add_option("--targets-dir", options->where.target_dirs, "folder with further target files")
      ->allow_extra_args(false)->type_name("DIR");
  command->add_option("--target-file", options->where.target_files, "one further target file")
      ->allow_extra_args(false)->type_name("FILE");
  command->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] {
      const auto& words = options->words;
      if (words.size() == 2 && words[0] == "new") {
        fmt::print("{}", target_skeleton(words[1]));
        return exit_code::ok;
      }
      if (words.size() == 1)
        return run_async([&] { return explain(invocation.registry, options->where, words[0]); });
      if (!words.empty()) throw Error(ErrorKind::usage, "one target at a time", "or `xtest targets new TRIPLE`");
      TargetLibrary library = open_targets(find_locations(), options->where);
      print_table(library);
      return exit_code::ok;
    };
  });
}

}  // namespace xtest
