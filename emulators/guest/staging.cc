// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/staging.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/text.h"

#include <sys/stat.h>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 16u << 20;

// What changes when a file does.
std::string stamp_of(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) throw Error(ErrorKind::infra, file.string() + " has gone");
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

std::string read_program(const fs::path& file) {
  auto bytes = read_file(file);
  if (!bytes) throw Error(ErrorKind::infra, file.string() + " has gone");
  return std::move(*bytes);
}

// Hard links where the file system has them.
std::string link_line(const std::string& content, const fs::path& place) {
  const std::string to = sh_quote(place.string());
  return "mkdir -p " + sh_quote(place.parent_path().string()) + " && rm -f " + to + " && { ln " + content + " " + to + " 2>/dev/null || cp " +
         content + " " + to + "; } || exit 1\n";
}

}  // namespace

std::string link_script(const Staging::Load& load) {
  std::string script;
  for (const auto& [content, name] : load.links) script += link_line(content, name);
  return script;
}

Staging::Load Staging::plan(const std::vector<fs::path>& files) {
  Load load;
  std::set<std::string> now;
  for (const auto& file : files) {
    const std::string stamp = stamp_of(file);
    const auto known = files_.find(file);
    if (known != files_.end() && known->second.first == stamp) continue;
    std::string bytes = read_program(file);
    const std::string digest = sha256_hex(bytes).substr(0, 32), content = "store/" + digest;
    const auto folder = folders_.try_emplace(file.parent_path(), std::to_string(folders_.size())).first;
    const std::string place = "files/" + folder->second + "/" + file.filename().string();
    load.files[file] = {stamp, place};
    load.links.emplace_back(content, place);
    if (!contents_.contains(content) && now.insert(content).second) load.contents.emplace_back(content, std::move(bytes));
  }
  return load;
}

void Staging::sent(const Load& load) {
  for (const auto& [path, bytes] : load.contents) {
    contents_.insert(path);
    bytes_ += bytes.size();
  }
  for (const auto& [file, entry] : load.files) files_[file] = entry;
}

bool Staging::is_full() const { return bytes_ > most_bytes; }

void Staging::forget() { *this = Staging(); }

std::string Staging::path_of(const fs::path& file) const {
  const auto known = files_.find(file);
  return known == files_.end() ? "" : known->second.second;
}

std::string why_foreign(const std::string& program, const std::string& elf, const std::string& system) {
  constexpr std::size_t header = 20;
  constexpr std::string_view magic = "\x7f" "ELF";
  if (elf.size() < header || program.size() < header || !program.starts_with(magic) || !elf.starts_with(magic)) return "";
  const bool is_same_class = program[4] == elf[4], is_same_order = program[5] == elf[5];
  const bool is_same_machine = program.compare(18, 2, elf, 18, 2) == 0;
  if (is_same_order && (!is_same_class || is_same_machine)) return "";
  return "is for another processor than that of the far side, " + system;
}

}  // namespace xtest
