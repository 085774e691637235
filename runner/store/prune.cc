// SPDX-License-Identifier: Apache-2.0
#include "runner/store/prune.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/log.h"
#include "runner/store/lock.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes young{10}, pause{10};
constexpr std::uint64_t spare_part = 10;  // a tenth of the bound is made free, so that not every run prunes

struct Stored {
  fs::file_time_type time;
  std::uint64_t size = 0;
  fs::path path;
};

std::vector<Stored> files_below(const fs::path& folder) {
  std::vector<Stored> out;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    if (!at->is_regular_file(gone) || gone) continue;
    const auto time = at->last_write_time(gone);
    const auto size = gone ? 0 : at->file_size(gone);
    if (!gone) out.push_back({time, size, at->path()});
  }
  return out;
}

std::uint64_t total(const std::vector<Stored>& files) {
  std::uint64_t sum = 0;
  for (const Stored& file : files) sum += file.size;
  return sum;
}

/// The contents that an entry file names; none for a text or a damaged one.
std::vector<std::string> contents_of(const fs::path& entry) {
  std::vector<std::string> out;
  const auto json = nlohmann::json::parse(read_file(entry).value_or(""), nullptr, false);
  try {
    for (const auto& one : json.at("entries")) {
      for (const auto& output : one.at("outputs")) out.push_back(output.at(0));
    }
    return out;
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

class Pruning {
 public:
  Pruning(std::vector<Stored> entries, std::vector<Stored> contents)
      : entries_(std::move(entries)), left_(total(entries_) + total(contents)) {
    for (auto& content : contents) contents_[content.path.filename().string()].stored = std::move(content);
    for (const auto& entry : entries_)
      for (const auto& name : contents_of(entry.path))
        if (const auto found = contents_.find(name); found != contents_.end()) ++found->second.users;
    std::ranges::sort(entries_, {}, &Stored::time);
  }

  void until(std::uint64_t goal) {
    const auto now = fs::file_time_type::clock::now();
    for (const auto& [name, content] : contents_)
      if (content.users == 0 && now - content.stored.time >= young) remove(content.stored);
    for (const Stored& entry : entries_) {
      if (left_ <= goal) return;
      const auto names = contents_of(entry.path);
      remove(entry);
      for (const auto& name : names) release(name);
    }
  }
  std::uint64_t left() const { return left_; }

 private:
  struct Content {
    Stored stored;
    std::size_t users = 0;
  };
  void release(const std::string& name) {
    const auto found = contents_.find(name);
    if (found != contents_.end() && --found->second.users == 0) remove(found->second.stored);
  }
  void remove(const Stored& file) { left_ -= fs::remove(file.path, ignored_) ? file.size : 0; }

  std::vector<Stored> entries_;
  std::map<std::string, Content> contents_;
  std::uint64_t left_;
  std::error_code ignored_;
};

}  // namespace

void prune_cache(const fs::path& root, std::uint64_t max_bytes, std::uint64_t stored) {
  std::error_code error;
  if (!fs::is_directory(root, error)) return;
  const fs::path stamp = root / "pruned";
  const auto last = fs::last_write_time(stamp, error);
  const auto age = fs::file_time_type::clock::now() - last;
  const bool is_recent = !error && age >= age.zero() && age < pause;
  if (is_recent && stored < max_bytes / spare_part) return;
  try {
    const auto lock = FileLock::try_lock(root / "lock");
    if (!lock) return;
    write_file(stamp, "");
    auto entries = files_below(root / "actions");
    auto contents = files_below(root / "cas");
    const std::uint64_t before = total(entries) + total(contents);
    if (before <= max_bytes) return;
    Pruning pruning(std::move(entries), std::move(contents));
    pruning.until(max_bytes - max_bytes / spare_part);
    log_info("cache", "{} went from {} to {} bytes", root.string(), before, pruning.left());
  } catch (const Error& trouble) {
    log_warning("cache", "{}", trouble.what());
  }
}

}  // namespace xtest
