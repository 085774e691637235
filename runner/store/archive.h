// SPDX-License-Identifier: Apache-2.0
// Archives made in memory, member by member: a tar for a guest, the cpio that a Linux kernel takes as its first root.
//
// Equal members in equal order make equal bytes: owner root, time 0, inodes counted. Any one thread. Errors are
// Error{infra}.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace xtest {

enum class ArchiveFormat { tar, cpio };   // ustar with pax where need be; "newc" (Documentation/driver-api/early-userspace)

class ArchiveWriter {
 public:
  explicit ArchiveWriter(ArchiveFormat format);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  // `path` has no leading slash; folders of a member have to be added before it (a kernel makes none).
  void folder(const std::string& path, unsigned mode = 0755);
  void file(const std::string& path, std::string_view bytes, unsigned mode = 0644);
  void symlink(const std::string& path, const std::string& to);

  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The bytes of a file that one filter compressed (xz, gz, zst, bz2, or none).
std::string decompressed(const std::filesystem::path& file);

}  // namespace xtest
