// SPDX-License-Identifier: Apache-2.0
// Archives made in memory, member by member: a tar for a guest, the cpio that a Linux kernel takes as its first root, a CD.
//
// Equal members in equal order make equal bytes: owner root, time 0, inodes counted. Any one thread. Errors are
// Error{infra}.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace xtest {

// ustar with pax where need be; "newc" (Documentation/driver-api/early-userspace); ISO 9660 with Rock Ridge and Joliet.
enum class ArchiveFormat { tar, cpio, iso };

class ArchiveWriter {
 public:
  explicit ArchiveWriter(ArchiveFormat format, const std::string& label = {});   // `label`: a CD's volume
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

// The files of an archive (cpio or tar, compressed or not) whose path begins with `below`, put below a folder; of symbolic links only
// those to a file beside them.
void unpack(const std::filesystem::path& archive, const std::string& below, const std::filesystem::path& folder);

// The same as decompressed() of a file of any size, piece by piece into another, whose blocks of zeroes take no room. `compression`: none, gz,
// bz2, xz, zst; a file that is not compressed so is refused.
void decompress(const std::filesystem::path& from, const std::filesystem::path& to, const std::string& compression);

}  // namespace xtest
