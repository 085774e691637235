// SPDX-License-Identifier: Apache-2.0
// Files by their content: ROOT/a/abcdef..., complete or absent.
//
// put() links where it can (a new inode for each program was what the cache cost) and copies elsewhere; get() copies and
// believes only the copy whose size and digest are right, so that nobody can change what others get through the file he
// put there: what is damaged is removed. Several processes may use one store. Any thread.
// Answers tell success; why something failed is logged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace xtest {

class ContentStore {
 public:
  explicit ContentStore(std::filesystem::path root) : root_(std::move(root)) {}

  // Keeps `file`, whose sha256 the caller knows.
  bool put(const std::filesystem::path& file, const std::string& digest);

  // A copy of the stored file at `target`, writable, replacing what is there.
  bool get(const std::string& digest, std::uint64_t size, const std::filesystem::path& target, bool executable);

  std::filesystem::path path_of(const std::string& digest) const;
  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace xtest
