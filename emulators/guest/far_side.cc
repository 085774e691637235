// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/far_side.h"

#include "emulators/sh/encoding.h"
#include "emulators/sh/script.h"
#include "runner/base/error.h"
#include "runner/base/log.h"
#include "runner/base/random.h"
#include "runner/base/text.h"
#include "runner/store/archive.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_connections = 4;
constexpr std::size_t octal_line = 1000;         // bytes a printf

std::string value_of(const std::string& said, const std::string& nonce, const std::string& key) {
  const std::string begin = nonce + " 0 " + key + " ";
  for (const auto line : split(said, '\n')) {
    if (line.starts_with(begin)) return std::string(trim(line.substr(begin.size())));
  }
  return "";
}

void require(const Completion& done, const std::string& what) {
  if (exited_with(done, 0)) return;
  throw Error(ErrorKind::infra, "cannot send files: the far side's " + what + " " + describe(done.how) + ": " + std::string(trim(done.err.text)));
}

}  // namespace

Task<std::unique_ptr<FarSide>> FarSide::open(std::unique_ptr<SshConnection> connection, Connect further, std::string folder) {
  std::unique_ptr<FarSide> side(new FarSide);
  side->connections_.push_back(std::move(connection));
  side->further_ = std::move(further);
  co_await side->look_around(std::move(folder));
  co_return side;
}

std::unique_ptr<FarSide> FarSide::at(std::unique_ptr<SshConnection> connection, std::string folder) {
  std::unique_ptr<FarSide> side(new FarSide);
  side->connections_.push_back(std::move(connection));
  side->folder_ = std::move(folder);
  side->has_tar_ = true;
  return side;
}

Task<void> FarSide::look_around(std::string wanted) {
  const std::string nonce = random_hex(16);
  std::string script = place_script(nonce, "xtest-" + random_hex(8), wanted);
  const Completion said = co_await run("exec sh", std::move(script));
  folder_ = value_of(said.out.text, nonce, "folder");
  system_ = value_of(said.out.text, nonce, "system");
  cores_ = std::atoi(value_of(said.out.text, nonce, "cores").c_str());
  has_tar_ = !value_of(said.out.text, nonce, "tar").empty();
  elf_ = from_hex(value_of(said.out.text, nonce, "elf")).value_or("");
  if (!folder_.empty()) co_return;
  const std::string why = value_of(said.out.text, nonce, "why");
  throw Error(ErrorKind::infra, "there is no place for programs on the far side: " +
                                    (why.empty() ? "its sh " + describe(said.how) + ": " + std::string(trim(said.err.text)) : why));
}

// On the first connection that opens one more channel.
template <class Attempt>
auto FarSide::on_any(Attempt attempt) -> decltype(attempt(std::declval<SshConnection&>())) {
  std::string trouble;
  for (const auto& connection : connections_) {
    try {
      co_return co_await attempt(*connection);
    } catch (const Error& error) {
      trouble = error.what();
      if (!alive()) throw;
    }
  }
  if (!further_ || connections_.size() >= most_connections) throw Error(ErrorKind::infra, trouble);
  log_info("ssh", "{}: one more connection", trouble);
  connections_.push_back(co_await further_());
  co_return co_await attempt(*connections_.back());
}

Task<std::unique_ptr<SshChannel>> FarSide::exec(std::string command, SshOutput output) {
  const auto attempt = [&](SshConnection& connection) { return connection.exec(command, output); };
  co_return co_await on_any(attempt);
}

Task<Completion> FarSide::run(std::string command, std::string input) {
  const auto attempt = [&](SshConnection& connection) { return connection.run(command, input); };
  co_return co_await on_any(attempt);
}

Task<void> FarSide::send(std::string member, std::string bytes) {
  Members members;
  members.emplace_back(std::move(member), std::move(bytes));
  co_await send_all(std::move(members), "");
}

Task<void> FarSide::stage(std::vector<fs::path> files) {
  if (staging_.is_full()) {
    std::string removal = "rm -rf " + folder_ + "/files " + folder_ + "/store";
    const Completion done = co_await run(std::move(removal));
    if (!exited_with(done, 0)) throw Error(ErrorKind::infra, "cannot remove what was sent: rm " + describe(done.how));
    staging_.forget();
  }
  const Staging::Load load = staging_.plan(files);
  if (load.empty()) co_return;
  for (const auto& [path, bytes] : load.contents) {
    if (const std::string why = why_foreign(bytes); !why.empty()) throw Error(ErrorKind::infra, "a program to be sent " + why);
  }
  co_await send_all(load.contents, link_script(load));
  staging_.sent(load);
}

std::string FarSide::path_of(const fs::path& file) const {
  const std::string below = staging_.path_of(file);
  return below.empty() ? "" : folder_ + "/" + below;
}

Task<void> FarSide::send_all(Members members, std::string links) {
  if (has_tar_) co_await send_tar(std::move(members), std::move(links));
  else co_await send_text(std::move(members), std::move(links));
}

// The words of the command are such that every login shell reads them alike.
Task<void> FarSide::send_tar(Members members, std::string links) {
  ArchiveWriter tar(ArchiveFormat::tar);
  tar.folder("store");
  for (const auto& [path, bytes] : members) tar.file(path, bytes, 0755);
  tar.file("links", links, 0644);
  std::string bytes = tar.finish();
  std::string command = "sh -c 'umask 022; cd " + folder_ + " && tar -xf - && sh ./links && rm -f links'";
  const Completion done = co_await run(std::move(command), std::move(bytes));
  require(done, "tar");
}

Task<void> FarSide::send_text(Members members, std::string links) {
  std::string script = "umask 022; cd " + folder_ + " && mkdir -p store || exit 1\n";
  for (const auto& [path, bytes] : members) {
    script += ": >" + path + " || exit 1\n";
    for (std::size_t at = 0; at < bytes.size(); at += octal_line)
      script += "printf '" + to_octal(std::string_view(bytes).substr(at, octal_line)) + "' >>" + path + " || exit 1\n";
    script += "chmod 755 " + path + " || exit 1\n";
  }
  script += links + "exit 0\n";
  const Completion done = co_await run("exec sh", std::move(script));
  require(done, "sh");
}

std::string FarSide::why_foreign(const std::string& program) const { return xtest::why_foreign(program, elf_, system_); }

Task<void> FarSide::remove() {
  std::string trouble;
  try {
    if (!alive()) co_return;
    const Completion done = co_await run("rm -rf " + folder_);
    if (!exited_with(done, 0)) trouble = describe(done.how) + " " + done.err.text;
  } catch (const Error& error) {
    trouble = error.what();
  }
  if (!trouble.empty()) log_info("guest", "{} stays behind: {}", folder_, trouble);
}

}  // namespace xtest
