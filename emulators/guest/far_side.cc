// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/far_side.h"

#include "emulators/sh/encoding.h"
#include "emulators/sh/script.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/log.h"
#include "runner/base/random.h"
#include "runner/base/text.h"
#include "runner/store/archive.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_staged = 16u << 20;
constexpr std::size_t most_connections = 4;
constexpr std::size_t octal_line = 1000;         // bytes a printf

// What changes when a file does; empty: it has gone.
std::string stamp_of(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return "";
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

std::string read_program(const fs::path& file) {
  auto bytes = read_file(file);
  if (!bytes) throw Error(ErrorKind::infra, file.string() + " has gone");
  return std::move(*bytes);
}

std::string value_of(const std::string& said, const std::string& nonce, const std::string& key) {
  const std::string begin = nonce + " " + key + " ";
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

Task<void> FarSide::look_around(std::string wanted) {
  const std::string nonce = random_hex(16);
  std::string script = place_script(nonce, "xtest-" + random_hex(8), wanted);
  const Completion said = co_await run("exec sh", std::move(script));
  folder_ = value_of(said.out.text, nonce, "folder");
  system_ = value_of(said.out.text, nonce, "system");
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
  co_return co_await on_any([&](SshConnection& connection) { return connection.exec(command, output); });
}

Task<Completion> FarSide::run(std::string command, std::string input) {
  co_return co_await on_any([&](SshConnection& connection) { return connection.run(command, input); });
}

Task<void> FarSide::send(std::string member, std::string bytes) {
  Members members;
  members.emplace_back(std::move(member), std::move(bytes));
  co_await send_all(std::move(members), "");
}

// A guest's folder for temporary files may lie in its memory: what was sent long ago makes room.
Task<void> FarSide::make_room() {
  if (bytes_ < most_staged) co_return;
  const Completion done = co_await run("rm -rf " + folder_ + "/files " + folder_ + "/store");
  if (!exited_with(done, 0)) throw Error(ErrorKind::infra, "cannot remove what was sent: rm " + describe(done.how));
  staged_.clear();
  folders_.clear();
  contents_.clear();
  bytes_ = 0;
}

std::string FarSide::place_for(const fs::path& file) {
  const auto place = folders_.try_emplace(file.parent_path(), std::to_string(folders_.size())).first;
  return "files/" + place->second + "/" + file.filename().string();
}

Task<void> FarSide::stage(std::vector<fs::path> files) {
  co_await make_room();
  Members members;
  std::string links;
  std::map<fs::path, Staged> now;
  std::set<std::string> sent;
  for (const auto& file : files) {
    const std::string stamp = stamp_of(file);
    const auto known = staged_.find(file);
    if (known != staged_.end() && known->second.stamp == stamp && !stamp.empty()) continue;
    std::string bytes = read_program(file);
    if (const std::string why = why_foreign(bytes); !why.empty()) throw Error(ErrorKind::infra, file.filename().string() + " " + why);
    const std::string digest = sha256_hex(bytes).substr(0, 32), place = place_for(file);
    now[file] = {stamp, digest, folder_ + "/" + place};
    const std::string store = "store/" + digest;
    links += "mkdir -p " + sh_quote(fs::path(place).parent_path().string()) + "; rm -f " + sh_quote(place) + "; ln " + store + " " + sh_quote(place) +
             " 2>/dev/null || cp " + store + " " + sh_quote(place) + " || exit 1\n";
    if (contents_.contains(digest) || !sent.insert(digest).second) continue;
    bytes_ += bytes.size();
    members.emplace_back(store, std::move(bytes));
  }
  if (now.empty()) co_return;
  co_await send_all(std::move(members), std::move(links));
  contents_.merge(sent);
  for (auto& [file, entry] : now) staged_[file] = std::move(entry);
}

std::string FarSide::path_of(const fs::path& file) const {
  const auto staged = staged_.find(file);
  return staged == staged_.end() ? file.string() : staged->second.path;
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
  const Completion done = co_await run("sh -c 'umask 022; cd " + folder_ + " && tar -xf - && sh ./links && rm -f links'", std::move(bytes));
  require(done, "tar");
}

Task<void> FarSide::send_text(Members members, std::string links) {
  std::string script = "umask 022; cd " + folder_ + " && mkdir -p store || exit 1\n";
  for (const auto& [path, bytes] : members) {
    script += ": >" + path + " || exit 1\n";
    for (std::size_t at = 0; at < bytes.size(); at += octal_line)
      script += "printf '" + to_octal(std::string_view(bytes).substr(at, octal_line)) + "' >>" + path + " || exit 1\n";
    script += "chmod 755 " + path + " || exit 1\nset -- $(cksum <" + path + "); [ \"$1\" = " + std::to_string(posix_cksum(bytes)) + " ] || exit 2\n";
  }
  const Completion done = co_await run("exec sh", script + links + "exit 0\n");
  require(done, "sh");
}

// Class, byte order and machine of an ELF file against those of the shell over there; a 32-bit program on a 64-bit
// system cannot be judged so.
std::string FarSide::why_foreign(const std::string& program) const {
  constexpr std::size_t header = 20;
  if (elf_.size() < header || program.size() < header || !program.starts_with("\x7f" "ELF") || !elf_.starts_with("\x7f" "ELF")) return "";
  const bool is_same_class = program[4] == elf_[4], is_same_order = program[5] == elf_[5];
  const bool is_same_machine = program.compare(18, 2, elf_, 18, 2) == 0;
  if (is_same_order && (!is_same_class || is_same_machine)) return "";
  return "is for another processor than that of the far side, " + system_;
}

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
