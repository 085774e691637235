// SPDX-License-Identifier: Apache-2.0
// A lock between processes: flock(2) on a file that stays there; the kernel gives it back when its owner dies.
//
// Owned by whoever holds the FileLock; not inherited by children. try_lock() may be called on any thread; lock() waits
// on the io_context thread without blocking it. Trouble with the file is Error{infra} that names it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "runner/base/asio.h"
#include "runner/base/fd.h"

namespace xtest {

class FileLock {
 public:
  // Nothing if another process, or another FileLock of this one, holds it.
  static std::optional<FileLock> try_lock(const std::filesystem::path& file);

  // The same, shared with others that share it.
  static std::optional<FileLock> try_share(const std::filesystem::path& file);

  // `waits` is called once if it has to wait, with the file, so that a person learns why nothing happens.
  static Task<FileLock> lock(std::filesystem::path file, std::function<void(const std::filesystem::path&)> waits = {});

 private:
  explicit FileLock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

}  // namespace xtest
