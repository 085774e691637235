// SPDX-License-Identifier: Apache-2.0
#include "runner/store/content_store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/log.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t chunk = 1u << 20;

/// Bytes copied, 0 at the end, -1 with errno; `in_kernel` turns false where the kernel cannot do it.
ssize_t copy_some(int from, int to, bool& in_kernel) {
  if (in_kernel) {
    const ssize_t n = ::copy_file_range(from, nullptr, to, nullptr, chunk, 0);
    if (n >= 0 || (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM))
      return n;
    in_kernel = false;
  }
  std::string buffer(chunk, '\0');
  const ssize_t n = ::read(from, buffer.data(), buffer.size());
  if (n <= 0) return n;
  const Written written = write_all(to, {buffer.data(), static_cast<std::size_t>(n)});
  errno = written.error;
  return written.error == 0 ? n : -1;
}

int copy_bytes(int from, int to) {
  bool in_kernel = true;
  for (;;) {
    const ssize_t n = copy_some(from, to, in_kernel);
    if (n == 0) return 0;
    if (n < 0 && errno != EINTR) return errno;
  }
}

/// Copies to a temporary file beside `target` and renames it. Answers an errno value.
int copy_file(const fs::path& source, const fs::path& target, mode_t mode) {
  const UniqueFd from(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) return errno;
  std::string name = target.string() + ".XXXXXX";
  UniqueFd to(::mkostemp(name.data(), O_CLOEXEC));
  if (!to) return errno;
  int error = copy_bytes(from.get(), to.get());
  if (error == 0 && ::fchmod(to.get(), mode) != 0) error = errno;
  if (::close(to.release()) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(name.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(name.c_str());
  return error;
}

bool has_size(const fs::path& path, std::uint64_t size) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) == size;
}

bool is_intact(const fs::path& path, const std::string& digest, std::uint64_t size) {
  try {
    return has_size(path, size) && sha256_file(path) == digest;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

fs::path ContentStore::path_of(const std::string& digest) const { return root_ / digest.substr(0, 1) / digest; }

bool ContentStore::put(const fs::path& file, const std::string& digest) {
  const fs::path path = path_of(digest);
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (!error && has_size(path, size)) return true;
  fs::remove(path, error);                                    // of another size: damaged
  fs::create_directories(path.parent_path(), error);
  if (::link(file.c_str(), path.c_str()) == 0) return true;
  const int trouble = copy_file(file, path, 0444);
  if (trouble != 0)
    log_info("cache", "cannot store {} as {}: {}", file.string(), path.string(), std::strerror(trouble));
  return trouble == 0;
}

bool ContentStore::get(const std::string& digest, std::uint64_t size, const fs::path& target, bool executable) {
  const fs::path path = path_of(digest);
  std::error_code error;
  if (!fs::exists(path, error)) return false;
  fs::create_directories(target.parent_path(), error);
  const int trouble = copy_file(path, target, executable ? 0755 : 0644);
  if (trouble != 0) {
    log_warning("cache", "cannot copy {} to {}: {}", path.string(), target.string(), std::strerror(trouble));
    return false;
  }
  if (is_intact(target, digest, size)) return true;
  log_warning("cache", "{} is damaged and was dropped", path.string());
  fs::remove(path, error);
  fs::remove(target, error);
  return false;
}

}  // namespace xtest
