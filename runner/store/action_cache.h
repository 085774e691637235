// SPDX-License-Identifier: Apache-2.0
// The action cache: what a tool made of the same inputs before, shared by all runs and processes of a user.
//
// key = sha256 of canonical JSON of {tool identity, argv, env, inputs by content}. A compiler names its headers only in
// its depfile, so an entry holds the dependencies it was made from, each with its digest; a key can have several entries
// (the same source under different headers). Values: output files (a build) or a small text (observations of a run).
// Files lie content-addressed below ROOT/cas; ROOT/actions has one file a key, written to a temporary name and renamed.
// Two processes may use one cache at once. prune() keeps it below its bound, least recently used first. What is damaged
// is dropped and counts as absent. Any thread; trouble with the cache itself is logged and never ends a run.
#pragma once

#include "runner/model/job.h"
#include "runner/store/content_store.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xtest {

class ActionCache {
 public:
  explicit ActionCache(std::filesystem::path root, std::uint64_t max_bytes = std::uint64_t{4} << 30);

  // The key of a job, or nothing if an input cannot be read. `work` is replaced by a sign in argv and outputs, so that runs
  // in different folders share entries. Digests of files are remembered by (path, size, mtime, inode) in this process.
  std::optional<std::string> key(const Job& job, const std::filesystem::path& work);

  // If an entry's dependencies are unchanged: puts copies of the outputs where the job wants them; returns true.
  bool restore(const std::string& key, const Job& job, const std::filesystem::path& work);
  // After success; reads the depfiles. Nothing is stored if an input changed since the job was `begun`: nobody knows then
  // which of its contents the tool saw.
  void store(const std::string& key, const Job& job, const std::filesystem::path& work,
             std::filesystem::file_time_type begun = std::filesystem::file_time_type::max());

  std::optional<std::string> find_text(const std::string& key);
  void store_text(const std::string& key, std::string_view text);

  std::string digest(const std::filesystem::path& file);   // memoised sha256; throws Error{usage} if unreadable
  void prune();                                            // at the end of a run; nothing if this process stored nothing

 private:
  struct Seen {                                            // what tells that a file is still the same
    std::uint64_t size = 0;
    std::int64_t mtime_ns = 0;
    std::uint64_t inode = 0;
    bool operator==(const Seen&) const = default;
  };
  struct Remembered {
    Seen seen;
    std::string digest;
  };
  struct Entry;

  std::filesystem::path file_of(const std::string& key, const char* ending) const;
  static std::vector<Entry> entries_in(const std::filesystem::path& file);
  static int write_entries(const std::filesystem::path& file, const std::vector<Entry>& entries);
  bool is_current(const Entry& entry, const std::filesystem::path& work);
  bool bring_back(const Entry& entry, const Job& job);
  std::optional<Entry> describe(const Job& job, const std::filesystem::path& work,
                                std::filesystem::file_time_type begun);
  static Seen look_at(const std::string& file);            // throws Error{usage}
  std::string digest(const std::string& file, const Seen& seen);
  std::string normal(const std::string& name);
  bool prepare(const std::filesystem::path& folder);
  void warn_once(std::string_view why);

  std::filesystem::path root_;
  std::uint64_t max_bytes_;
  ContentStore content_;
  std::atomic<bool> warned_ = false;
  std::atomic<std::uint64_t> stored_ = 0;   // bytes, by this process
  std::mutex mutex_;
  std::unordered_map<std::string, Remembered> digests_;
  std::unordered_map<std::string, std::string> normal_;    // absolute names as compilers write them -> paths
};

}  // namespace xtest
