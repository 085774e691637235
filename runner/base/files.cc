// SPDX-License-Identifier: Apache-2.0
#include "runner/base/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runner/base/fd.h"

namespace xtest {

Written write_all(int fd, std::string_view bytes) {
  Written done;
  while (done.bytes < bytes.size()) {
    const ssize_t n = ::write(fd, bytes.data() + done.bytes, bytes.size() - done.bytes);
    if (n >= 0) {
      done.bytes += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      done.error = errno;
      break;
    }
  }
  return done;
}

int write_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  std::string name = path.string() + ".XXXXXX";
  UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return errno;
  int error = write_all(file.get(), bytes).error;
  if (error == 0 && ::fchmod(file.get(), mode) != 0) error = errno;
  if (::close(file.release()) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(name.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) ::unlink(name.c_str());
  return error;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  std::string content(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t at = 0;
  for (;;) {
    if (at == content.size()) content.resize(content.size() + 4096);
    const ssize_t n = ::read(file.get(), content.data() + at, content.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    at += static_cast<std::size_t>(n);
  }
  content.resize(at);
  return content;
}

}  // namespace xtest
