// SPDX-License-Identifier: Apache-2.0
// Where reports write to: a borrowed descriptor, or a file that appears whole or not at all.
//
// Both remember the first trouble (with the path) and then do nothing more, so that a full disk never harms a run;
// sinks hand the trouble to close(). One thread.
#pragma once

#include "runner/base/fd.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace xtest {

// Writes all of it, whatever signals and short writes there are; a descriptor that would block is waited for.
// Returns 0 or errno.
int write_fully(int fd, std::string_view bytes);

class OutputFd {
 public:
  OutputFd(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}
  void write(std::string_view bytes);
  const std::optional<std::string>& trouble() const { return trouble_; }

 private:
  int fd_;
  std::string name_;
  std::optional<std::string> trouble_;
};

// Writes FOLDER/.NAME.tmp, renamed to FOLDER/NAME by commit(); without a commit nothing is left.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);       // opens; trouble is told by commit()
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view bytes);                    // buffered
  std::optional<std::string> commit();                   // what went wrong, or nothing

 private:
  void flush();
  void fail(int error);

  std::filesystem::path path_, temporary_;
  UniqueFd fd_;
  std::string buffer_;
  std::optional<std::string> trouble_;
  bool committed_ = false;
};

// "cannot make DIR: Not a directory", or nothing once the folder is there.
std::optional<std::string> make_folder(const std::filesystem::path& folder);

}  // namespace xtest
