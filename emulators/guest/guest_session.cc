// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/guest_session.h"

#include "emulators/ssh/bridge.h"
#include "runner/base/error.h"
#include "runner/base/files.h"

#include <utility>

namespace xtest {

Task<void> GuestSession::send_agent(FarSide& side, std::filesystem::path agent) {
  auto bytes = read_file(agent);
  if (!bytes) throw Error(ErrorKind::infra, agent.string() + " has gone");
  co_await side.send("agent", std::move(*bytes));
}

Task<std::unique_ptr<GuestSession>> GuestSession::open(std::string name, std::unique_ptr<FarSide>& side, std::string command) {
  const auto executor = co_await asio::this_coro::executor;
  const ExecOverSsh exec = [far = side.get()](std::string words, SshOutput output) { return far->exec(std::move(words), std::move(output)); };
  AgentLink link = co_await start_agent_over_ssh(exec, std::move(command));
  AgentOptions options;
  auto client = co_await AgentClient::attach(std::move(link), options);
  AgentPlace place{std::move(name), {}, {}, side->folder() + "/runs"};
  co_return std::unique_ptr<GuestSession>(new GuestSession(executor, std::move(place), std::move(client), std::move(side)));
}

GuestSession::GuestSession(asio::any_io_executor executor, AgentPlace place, std::unique_ptr<AgentClient> agent, std::unique_ptr<FarSide> side)
    : AgentSession(std::move(place), std::move(agent)), side_(std::move(side)), unused_(executor, std::chrono::steady_clock::time_point::max()) {}

// A guest's folder for temporary files may lie in its memory: what was sent long ago makes room, once nothing uses it.
Task<void> GuestSession::make_room() {
  while (staging_.is_full() && in_use_ > 0) co_await unused_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!staging_.is_full()) co_return;
  for (const char* folder : {"files", "store"}) agent().remove(there(folder));
  staging_.forget();
}

Task<void> GuestSession::stage(std::vector<std::filesystem::path> files) {
  co_await make_room();
  const Staging::Load load = staging_.plan(files);
  for (const auto& [member, bytes] : load.contents) {
    if (const std::string why = side_->why_foreign(bytes); !why.empty()) throw Error(ErrorKind::infra, "a program to be sent " + why);
    agent().place(there(member), 0755, bytes);
  }
  for (const auto& [content, name] : load.links) agent().link(there(content), there(name));
  staging_.sent(load);
}

Task<Completion> GuestSession::run(RunRequest request) {
  ++in_use_;
  const auto done = [this](void*) {
    if (--in_use_ == 0) unused_.cancel();
  };
  const std::unique_ptr<void, decltype(done)> guard(this, done);
  co_return co_await AgentSession::run(std::move(request));
}

std::string GuestSession::render(const PathRef& path) const {
  const std::string member = staging_.path_of(path.host);
  return member.empty() ? path.host.string() : there(member);
}

Task<void> GuestSession::close() {
  co_await AgentSession::close();
  co_await side_->remove();
}

}  // namespace xtest
