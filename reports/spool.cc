// SPDX-License-Identifier: Apache-2.0
#include "reports/spool.h"

#include "reports/output_file.h"
#include "runner/base/error.h"
#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace xtest {
namespace {

constexpr std::size_t buffer_size = 32u << 10, window_size = 256u << 10;

[[noreturn]] void fail(const char* what, const std::filesystem::path& path, int error) {
  throw Error(ErrorKind::output,
              fmt::format("cannot {} {}: {}", what, repair_utf8(path.string()), std::strerror(error)));
}

UniqueFd open_spool(const std::filesystem::path& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0666));
  if (!fd) fail("open", path, errno);
  return fd;
}

}  // namespace

void SpoolPart::count(JunitVerdict verdict, std::chrono::microseconds spent, std::uint64_t size) {
  ++tests;
  if (verdict == JunitVerdict::failure) ++failures;
  if (verdict == JunitVerdict::error) ++errors;
  if (verdict == JunitVerdict::skipped) ++skipped;
  bytes += size;
  time += spent;
}

Spool::Spool(std::filesystem::path path) : path_(std::move(path)) {}

Spool::~Spool() {
  if (flushed_ > 0) ::unlink(path_.c_str());
}

std::uint64_t Spool::append(JunitVerdict verdict, std::chrono::microseconds time, std::string_view xml) {
  const std::uint64_t offset = flushed_ + buffer_.size();
  Head head;
  head.micros = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  head.size = static_cast<std::uint32_t>(xml.size());
  head.verdict = verdict;
  buffer_.append(reinterpret_cast<const char*>(&head), sizeof head);
  buffer_ += xml;
  if (buffer_.size() >= buffer_size) flush();
  return offset;
}

void Spool::kill(std::uint64_t offset) {
  const std::uint64_t flag = offset + offsetof(Head, dead);
  if (flag >= flushed_) {
    buffer_[flag - flushed_] = 1;
    return;
  }
  const char dead = 1;
  const UniqueFd fd = open_spool(path_, O_WRONLY);
  if (::pwrite(fd.get(), &dead, 1, static_cast<off_t>(flag)) != 1) fail("write", path_, errno);
}

std::vector<SpoolPart> Spool::parts(std::uint64_t most_tests, std::uint64_t most_bytes) {
  std::vector<SpoolPart> parts(1);
  for_each(0, flushed_ + buffer_.size(), [&](std::uint64_t offset, const Head& head, std::string_view xml) {
    if (head.dead) return;
    const SpoolPart& last = parts.back();
    if (last.tests > 0 && (last.tests >= most_tests || last.bytes + xml.size() > most_bytes)) {
      parts.back().end = offset;
      parts.push_back({.begin = offset});
    }
    parts.back().count(head.verdict, std::chrono::microseconds(head.micros), xml.size());
  });
  parts.back().end = flushed_ + buffer_.size();
  return parts;
}

void Spool::copy(const SpoolPart& part, const std::function<void(std::string_view)>& out) {
  for_each(part.begin, part.end, [&](std::uint64_t, const Head& head, std::string_view xml) {
    if (!head.dead) out(xml);
  });
}

void Spool::flush() {
  if (flushed_ == 0) open_spool(path_, O_WRONLY | O_CREAT | O_TRUNC);
  const UniqueFd fd = open_spool(path_, O_WRONLY | O_APPEND);
  if (const int error = write_fully(fd.get(), buffer_)) fail("write", path_, error);
  flushed_ += buffer_.size();
  buffer_.clear();
}

void Spool::for_each(std::uint64_t begin, std::uint64_t end,
                     const std::function<void(std::uint64_t, const Head&, std::string_view)>& each) {
  UniqueFd fd;
  if (begin < flushed_) fd = open_spool(path_, O_RDONLY);
  std::string window;
  std::uint64_t window_at = 0;
  const auto need = [&](std::uint64_t at, std::size_t size) -> const char* {
    if (at >= flushed_) return buffer_.data() + (at - flushed_);
    if (at < window_at || at + size > window_at + window.size()) {
      window.resize(std::min<std::uint64_t>(std::max(size, window_size), flushed_ - at));
      const ssize_t got = ::pread(fd.get(), window.data(), window.size(), static_cast<off_t>(at));
      if (got != static_cast<ssize_t>(window.size())) fail("read", path_, got < 0 ? errno : EIO);
      window_at = at;
    }
    return window.data() + (at - window_at);
  };
  for (std::uint64_t at = begin; at < end;) {
    Head head;
    std::memcpy(&head, need(at, sizeof head), sizeof head);
    const char* xml = need(at + sizeof head, head.size);
    each(at, head, {xml, head.size});
    at += sizeof head + head.size;
  }
}

}  // namespace xtest
