// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/request.h"

#include "emulators/agent/agent_session.h"
#include "runner/base/files.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t first_bytes = 512;

// A shell, and env(1), would run a plain text as a script of theirs; the kernel refuses it.
bool is_plain_text(const std::filesystem::path& file) {
  const std::string bytes = read_file(file).value_or("");
  const auto begin = std::string_view(bytes).substr(0, first_bytes);
  return !begin.starts_with("#!") && begin.find('\0') == begin.npos;
}

}  // namespace

Task<Completion> run_by_sh(ShDriver& driver, RunRequest request, std::string folder, std::function<std::string(const std::filesystem::path&)> path_of) {
  if (request.look != Look::none) {
    Completion blind;
    blind.how = NotStarted{"sh alone cannot look into a program"};
    co_return blind;
  }
  AgentCommand command;
  bool is_sent = false;
  for (const Argument& argument : request.command.argv) {
    const auto* path = std::get_if<PathRef>(&argument);
    const std::string there = path ? path_of(path->host) : "";
    if (command.argv.empty()) is_sent = !there.empty();
    command.argv.push_back(!path ? std::get<std::string>(argument) : there.empty() ? path->host.string() : there);
  }
  command.limits = request.command.limits;
  command.results = request.results;
  command.fresh_cwd = request.fresh_folder;
  command.cwd = request.fresh_folder ? folder : request.command.cwd.string();
  command.env = target_environment(command.cwd, request.command.env);
  if (is_sent && is_plain_text(std::get<PathRef>(request.command.argv.front()).host)) {
    Completion completion;
    completion.how = NotStarted{"cannot start '" + command.argv.front() + "': Exec format error", true};
    co_return completion;
  }
  Completion completion = co_await driver.run(std::move(command));
  auto* refused = std::get_if<NotStarted>(&completion.how);      // it is there: what is missing is its loader
  if (refused && is_sent && refused->why.find("No such file") != std::string::npos) refused->refused = true;
  co_return completion;
}

}  // namespace xtest
