// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/agent_session.h"

#include "runner/base/error.h"

#include <utility>

namespace xtest {
namespace {

std::string render(const Argument& argument) {
  if (const auto* path = std::get_if<PathRef>(&argument)) return path->host.string();
  return std::get<std::string>(argument);
}

}  // namespace

std::vector<std::string> target_environment(const std::string& folder, const std::vector<std::string>& extra) {
  std::vector<std::string> env{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C", "TZ=UTC", "HOME=" + folder, "TMPDIR=" + folder};
  env.insert(env.end(), extra.begin(), extra.end());
  return env;
}

AgentSession::AgentSession(AgentPlace place, std::unique_ptr<AgentClient> agent)
    : place_(std::move(place)), agent_(std::move(agent)) {}

AgentSession::~AgentSession() = default;

Task<void> AgentSession::stage(std::vector<std::filesystem::path> files) {
  for (const auto& file : files) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) throw Error(ErrorKind::infra, file.string() + " has gone");
  }
  co_return;
}

AgentCommand AgentSession::to_agent(const RunRequest& request) {
  AgentCommand command;
  command.argv = place_.prefix;
  for (const Argument& argument : request.command.argv) command.argv.push_back(render(argument));
  command.limits = request.command.limits;
  command.pass_fds = request.pass_stdio;
  command.fresh_cwd = request.fresh_folder;
  command.cwd = request.fresh_folder ? (place_.folders / std::to_string(++runs_)).string() : request.command.cwd.string();
  command.env = target_environment(command.cwd, place_.env);
  command.env.insert(command.env.end(), request.command.env.begin(), request.command.env.end());
  return command;
}

Task<Completion> AgentSession::run_in_agent(AgentCommand command) { co_return co_await agent_->run(std::move(command)); }

Task<Completion> AgentSession::run(RunRequest request) {
  AgentCommand command = to_agent(request);
  co_return co_await run_in_agent(std::move(command));
}

Task<void> AgentSession::close() { co_await agent_->close(); }

}  // namespace xtest
