// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/guest_session.h"

#include "emulators/ssh/bridge.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/log.h"
#include "runner/base/text.h"
#include "runner/store/archive.h"

#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t most_staged = 16u << 20;

std::string random_name() {
  std::array<unsigned char, 8> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) throw_errno("cannot get random bytes");
  std::string name = "xtest-";
  for (const unsigned char byte : bytes) name += "0123456789abcdef"[byte >> 4], name += "0123456789abcdef"[byte & 15];
  return name;
}

std::string read_program(const std::filesystem::path& file) {
  auto bytes = read_file(file);
  if (!bytes) throw Error(ErrorKind::infra, file.string() + " has gone");
  return std::move(*bytes);
}

std::string stamp_of(const std::filesystem::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return "";
  return std::to_string(facts.st_ino) + " " + std::to_string(facts.st_size) + " " + std::to_string(facts.st_mtim.tv_sec) + "." +
         std::to_string(facts.st_mtim.tv_nsec);
}

// A tar over one command; `sh` reads the script whatever the login shell is.
Task<void> send(SshConnection& connection, std::string folder, std::string tar) {
  const Completion done =
      co_await connection.run("sh -c " + sh_quote("umask 022; mkdir -p " + folder + " && cd " + folder + " && tar -xf -"), std::move(tar));
  if (exited_with(done, 0)) co_return;
  throw Error(ErrorKind::infra, "cannot send files: the far side's tar " + describe(done.how) + ": " + std::string(trim(done.err.text)));
}

}  // namespace

Task<std::unique_ptr<GuestSession>> GuestSession::open(std::string name, std::unique_ptr<SshConnection> connection, std::filesystem::path agent) {
  const std::string folder = "/tmp/" + random_name();
  ArchiveWriter tar(ArchiveFormat::tar);
  tar.file("agent", read_program(agent), 0755);
  co_await send(*connection, folder, tar.finish());
  const std::string command = "exec " + folder + "/agent";
  AgentLink link = co_await start_agent_over_ssh(*connection, command);
  AgentOptions options;
  auto client = co_await AgentClient::attach(std::move(link), options);
  AgentPlace place{std::move(name), {}, {}, folder + "/runs"};
  co_return std::unique_ptr<GuestSession>(new GuestSession(std::move(place), std::move(client), std::move(connection), folder));
}

GuestSession::GuestSession(AgentPlace place, std::unique_ptr<AgentClient> agent, std::unique_ptr<SshConnection> connection, std::string folder)
    : AgentSession(std::move(place), std::move(agent)), connection_(std::move(connection)), folder_(std::move(folder)) {}

// A guest's folder for temporary files may lie in its memory: what was sent long ago makes room.
Task<void> GuestSession::make_room() {
  if (staged_bytes_ < most_staged) co_return;
  const Completion done = co_await connection_->run("rm -rf " + folder_ + "/files");
  if (!exited_with(done, 0)) throw Error(ErrorKind::infra, "cannot remove what was sent: rm " + describe(done.how));
  staged_.clear();
  folders_.clear();
  staged_bytes_ = 0;
}

Task<void> GuestSession::stage(std::vector<std::filesystem::path> files) {
  co_await make_room();
  ArchiveWriter tar(ArchiveFormat::tar);
  std::map<std::filesystem::path, Sent> sent;
  for (const auto& file : files) {
    const std::string stamp = stamp_of(file);
    const auto before = staged_.find(file);
    if (before != staged_.end() && before->second.stamp == stamp) continue;
    const auto [place, is_new] = folders_.try_emplace(file.parent_path(), std::to_string(folders_.size()));
    if (is_new) tar.folder(place->second);
    const std::string member = place->second + "/" + file.filename().string();
    tar.file(member, read_program(file), 0755);
    sent[file] = {folder_ + "/files/" + member, stamp};
  }
  if (sent.empty()) co_return;
  std::string bytes = tar.finish();
  staged_bytes_ += bytes.size();
  co_await send(*connection_, folder_ + "/files", std::move(bytes));
  for (auto& [file, what] : sent) staged_[file] = std::move(what);
}

std::string GuestSession::render(const PathRef& path) const {
  const auto staged = staged_.find(path.host);
  return staged == staged_.end() ? path.host.string() : staged->second.path;
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
