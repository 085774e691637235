// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/guest_session.h"

#include "emulators/ssh/bridge.h"
#include "runner/base/error.h"
#include "runner/base/files.h"

#include <utility>

namespace xtest {

Task<std::unique_ptr<AgentClient>> GuestSession::start_agent(FarSide& side, std::filesystem::path agent) {
  auto bytes = read_file(agent);
  if (!bytes) throw Error(ErrorKind::infra, agent.string() + " has gone");
  co_await side.send("agent", std::move(*bytes));
  const ExecOverSsh exec = [&side](std::string command, SshOutput output) { return side.exec(std::move(command), std::move(output)); };
  AgentLink link = co_await start_agent_over_ssh(exec, "exec " + side.folder() + "/agent");
  AgentOptions options;
  co_return co_await AgentClient::attach(std::move(link), options);
}

GuestSession::GuestSession(const std::string& name, std::unique_ptr<AgentClient> agent, std::unique_ptr<FarSide> side)
    : AgentSession({name, {}, {}, side->folder() + "/runs"}, std::move(agent)), side_(std::move(side)) {}

Task<void> GuestSession::stage(std::vector<std::filesystem::path> files) { co_await side_->stage(std::move(files)); }

std::string GuestSession::render(const PathRef& path) const {
  const std::string there = side_->path_of(path.host);
  return there.empty() ? path.host.string() : there;
}

Task<void> GuestSession::close() {
  co_await AgentSession::close();
  co_await side_->remove();
}

}  // namespace xtest
