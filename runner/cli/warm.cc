// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/warm.h"

#include "runner/base/error.h"
#include "runner/broker/ask.h"
#include "runner/cli/prepare.h"

#include <iostream>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

void make_absolute(std::vector<std::string>& paths, const fs::path& folder) {
  for (std::string& path : paths) path = (folder / path).lexically_normal().string();
}

TargetOptions options_of(const WarmPlace& place) {
  TargetOptions options;
  options.targets = {place.triple};
  options.target_dirs = place.target_dirs;
  options.target_files = place.target_files;
  options.on = place.on;
  options.ssh_key = place.ssh_key;
  options.known_hosts = place.known_hosts;
  return options;
}

ExecOptionsRead read_exec(const std::vector<std::string>& words, const fs::path& folder) {
  CLI::App app;
  ExecOptions options;
  add_exec_options(app, options);
  try {
    std::vector<std::string> backwards(words.rbegin(), words.rend());   // as CLI11 takes them
    app.parse(backwards);
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::usage, error.what());
  }
  return {warm_place(options.where, folder), options.env, options.there};
}

Task<OpenedPlace> open_place(const Registry& registry, WarmPlace place, Folders folders) {
  TargetOptions options = options_of(place);
  const TargetLibrary library = open_targets(folders.locations, options);
  const Target& target = library.find(place.triple);
  const Prepared prepared = co_await prepare(registry, target, options, folders);
  if (!prepared.executor) require_ready(prepared);
  OpenedPlace opened{prepared.executor, place.on.empty()};
  if (opened.is_default) co_return opened;
  options.on.clear();
  const Prepared without = co_await prepare(registry, target, options, folders);
  opened.is_default = without.executor && without.executor->name() == prepared.executor->name();
  co_return opened;
}

}  // namespace

void add_exec_options(CLI::App& command, ExecOptions& options) {
  add_target_options(command, options.where);
  command.get_option("--target")->required();
  command.add_option("--env", options.env, "a variable of the program's environment; may be repeated")->allow_extra_args(false)->type_name("K=V");
  command.add_flag("--there", options.there, "in a guest or on another machine: PROG is one that it has, not a file of ours");
}

WarmPlace warm_place(const TargetOptions& options, const fs::path& folder) {
  TargetOptions absolute = options;
  make_absolute(absolute.target_dirs, folder);
  make_absolute(absolute.target_files, folder);
  const auto in_folder = [&](const std::string& file) { return file.empty() ? "" : (folder / file).lexically_normal().string(); };
  const TargetLibrary library = open_targets(find_locations(), absolute);
  return {library.find(options.targets.front()).triple, options.on, absolute.target_dirs, absolute.target_files, in_folder(options.ssh_key),
          in_folder(options.known_hosts)};
}

BrokerWorld make_broker_world(const Registry& registry, fs::path cache) {
  BrokerWorld world;
  world.read_exec = read_exec;
  world.open = [&registry, cache](WarmPlace place, fs::path scratch) {
    return open_place(registry, std::move(place), Folders{find_locations(), scratch, cache, scratch / "consoles"});
  };
  return world;
}

Task<void> mention_dead_broker() {
  const bool was_killed = co_await bury_dead_broker();
  if (was_killed) std::cerr << "xtest: the broker of the warm sessions was killed, and they with it; `xtest up` starts anew\n";
}

}  // namespace xtest
