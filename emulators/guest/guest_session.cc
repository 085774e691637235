// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/guest_session.h"

#include "emulators/ssh/bridge.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/log.h"
#include "runner/base/random.h"
#include "runner/base/text.h"
#include "runner/store/archive.h"

#include <utility>

namespace xtest {
namespace {

constexpr std::size_t most_staged = 16u << 20;

std::string read_program(const std::filesystem::path& file) {
  auto bytes = read_file(file);
  if (!bytes) throw Error(ErrorKind::infra, file.string() + " has gone");
  return std::move(*bytes);
}

}  // namespace

std::string fresh_guest_folder() { return "/tmp/xtest-" + random_hex(8); }

// `sh` reads the script whatever the login shell is.
Task<void> send_agent(SshConnection& connection, std::string folder, std::filesystem::path agent) {
  ArchiveWriter tar(ArchiveFormat::tar);
  tar.file("agent", read_program(agent), 0755);
  const std::string script = "umask 022; mkdir -p " + folder + " && cd " + folder + " && tar -xf -";
  const Completion done = co_await connection.run("sh -c " + sh_quote(script), tar.finish());
  if (exited_with(done, 0)) co_return;
  throw Error(ErrorKind::infra, "cannot send the agent: the far side's tar " + describe(done.how) + ": " + std::string(trim(done.err.text)));
}

Task<std::unique_ptr<GuestSession>> GuestSession::open(std::string name, std::unique_ptr<SshConnection> connection, std::string folder,
                                                       std::string command) {
  AgentLink link = co_await start_agent_over_ssh(*connection, std::move(command));
  AgentOptions options;
  auto client = co_await AgentClient::attach(std::move(link), options);
  AgentPlace place{std::move(name), {}, {}, folder + "/runs"};
  const auto executor = co_await asio::this_coro::executor;
  co_return std::unique_ptr<GuestSession>(new GuestSession(executor, std::move(place), std::move(client), std::move(connection), folder));
}

GuestSession::GuestSession(asio::any_io_executor executor, AgentPlace place, std::unique_ptr<AgentClient> agent,
                           std::unique_ptr<SshConnection> connection, std::string folder)
    : AgentSession(std::move(place), std::move(agent)), connection_(std::move(connection)), folder_(std::move(folder)),
      unused_(executor, std::chrono::steady_clock::time_point::max()) {}

std::string GuestSession::files() const { return folder_ + "/files" + std::to_string(generation_); }

// A guest's folder for temporary files may lie in its memory: what was sent long ago makes room, once nothing uses it.
Task<void> GuestSession::make_room() {
  while (staged_bytes_ >= most_staged && in_use_ > 0) co_await unused_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (staged_bytes_ < most_staged) co_return;
  const std::string old = files();
  ++generation_;
  staged_.clear();
  folders_.clear();
  staged_bytes_ = 0;
  const Completion done = co_await connection_->run("rm -rf " + old);
  if (!exited_with(done, 0)) throw Error(ErrorKind::infra, "cannot remove what was sent: rm " + describe(done.how));
}

Task<void> GuestSession::stage(std::vector<std::filesystem::path> files) {
  co_await make_room();
  for (const auto& file : files) {
    if (!staged_.contains(file)) send(file);
  }
}

void GuestSession::send(const std::filesystem::path& file) {
  const std::string content = read_program(file);
  const auto group = folders_.try_emplace(file.parent_path(), std::to_string(folders_.size())).first->second;
  const std::string there = files() + "/" + group + "/" + file.filename().string();
  place_file(there, 0755, content);
  staged_.emplace(file, there);
  staged_bytes_ += content.size();
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
  const auto staged = staged_.find(path.host);
  return staged == staged_.end() ? path.host.string() : staged->second;
}

// What cannot be tidied any more is no trouble of the run that is over.
Task<void> GuestSession::close() {
  co_await AgentSession::close();
  try {
    if (connection_->alive()) co_await connection_->run("rm -rf " + folder_);
  } catch (const Error& error) {
    log_info("guest", "{} keeps {}: {}", name(), folder_, error.what());
  }
}

}  // namespace xtest
