// SPDX-License-Identifier: Apache-2.0
#include "runner/store/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "runner/base/error.h"

namespace xtest {

namespace {

constexpr std::chrono::milliseconds retry_after{100};

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw Error(ErrorKind::infra, fmt::format("cannot lock {}: {}", file.string(), std::strerror(errno)),
              "it must be writable and on a file system that knows flock");
}

// An empty descriptor if it is taken.
UniqueFd try_flock(const std::filesystem::path& file, int kind) {
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) fail(file);
  while (::flock(fd.get(), kind | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return UniqueFd();
    if (errno != EINTR) fail(file);
  }
  return fd;
}

}  // namespace

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& file) {
  UniqueFd fd = try_flock(file, LOCK_EX);
  return fd ? std::optional(FileLock(std::move(fd))) : std::nullopt;
}

std::optional<FileLock> FileLock::try_share(const std::filesystem::path& file) {
  UniqueFd fd = try_flock(file, LOCK_SH);
  return fd ? std::optional(FileLock(std::move(fd))) : std::nullopt;
}

Task<FileLock> FileLock::lock(std::filesystem::path file, std::function<void(const std::filesystem::path&)> waits) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (bool first = true;; first = false) {
    if (auto lock = try_lock(file)) co_return *std::move(lock);
    if (first && waits) waits(file);
    timer.expires_after(retry_after);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace xtest
