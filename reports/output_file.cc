// SPDX-License-Identifier: Apache-2.0
#include "reports/output_file.h"

#include "runner/base/text.h"

#include <fmt/format.h>
#include <poll.h>

#include <cstring>

namespace xtest {
namespace {

constexpr std::size_t buffer_size = 64u << 10;

std::string cannot_write(const std::string& name, int error) {
  return fmt::format("cannot write {}: {}", repair_utf8(name), std::strerror(error));
}

}  // namespace

int write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd waiting{fd, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

void OutputFd::write(std::string_view bytes) {
  if (trouble_) return;
  if (const int error = write_fully(fd_, bytes)) trouble_ = cannot_write(name_, error);
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  temporary_ = path_.parent_path() / ("." + path_.filename().string() + ".tmp");
  fd_.reset(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd_) fail(errno);
}

AtomicFile::~AtomicFile() {
  if (!committed_ && fd_) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= buffer_size) flush();
}

std::optional<std::string> AtomicFile::commit() {
  flush();
  if (!trouble_ && ::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  committed_ = !trouble_;
  return trouble_;
}

void AtomicFile::flush() {
  if (!trouble_) {
    if (const int error = write_fully(fd_.get(), buffer_)) fail(error);
  }
  buffer_.clear();
}

void AtomicFile::fail(int error) {
  if (!trouble_) trouble_ = cannot_write(path_.string(), error);
}

std::optional<std::string> make_folder(const std::filesystem::path& folder) {
  if (folder.empty()) return std::nullopt;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && !std::filesystem::is_directory(folder, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error) return std::nullopt;
  return fmt::format("cannot make the folder {}: {}", repair_utf8(folder.string()), error.message());
}

}  // namespace xtest
