// SPDX-License-Identifier: Apache-2.0
#include "runner/record/record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/record/json.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t first_look = 64u << 10;  // bytes of the end read to find the last whole event
constexpr std::size_t largest_buffer = 1u << 20;

struct Tail {
  std::uint64_t size = 0;  // up to and with the newline of the last whole event
  std::uint64_t next_seq = 0;
};

[[noreturn]] void cannot_write(const fs::path& path, int error) {
  throw Error(ErrorKind::output, fmt::format("cannot write the record {}: {}", path.string(), std::strerror(error)),
              "choose another folder with --runs, or make room there");
}

std::string read_end(int fd, std::uint64_t from, std::uint64_t size) {
  std::string out(size - from, '\0');
  std::size_t at = 0;
  while (at < out.size()) {
    const ssize_t n = ::pread(fd, out.data() + at, out.size() - at, static_cast<off_t>(from + at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    at += static_cast<std::size_t>(n);
  }
  out.resize(at);
  return out;
}

/// The last whole event in `text`; nothing if it may begin before it.
std::optional<Tail> last_event(std::string_view text, bool is_whole_file) {
  std::size_t end = text.rfind('\n');
  while (end != text.npos) {
    const std::size_t before = end == 0 ? text.npos : text.rfind('\n', end - 1);
    if (before == text.npos && !is_whole_file) return std::nullopt;
    const std::size_t begin = before == text.npos ? 0 : before + 1;
    if (const auto seq = sequence_of(text.substr(begin, end - begin))) return Tail{end + 1, *seq + 1};
    end = before;
  }
  return is_whole_file ? std::optional<Tail>(Tail{}) : std::nullopt;
}

Tail find_tail(int fd, std::uint64_t size) {
  for (std::uint64_t look = first_look;; look *= 4) {
    const std::uint64_t from = look < size ? size - look : 0;
    if (auto tail = last_event(read_end(fd, from, size), from == 0)) {
      tail->size += from;
      return *tail;
    }
  }
}

bool lock(const UniqueFd& file) { return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0; }

}  // namespace

std::string event_to_json(const Event& event) {
  std::string out;
  print_event(out, event);
  return out;
}

std::expected<Event, std::string> event_from_json(std::string_view line) { return parse_event(line, {}); }

RecordWriter::RecordWriter(fs::path folder, UniqueFd events, std::uint64_t size, std::uint64_t next_seq)
    : folder_(std::move(folder)),
      events_(std::move(events)),
      size_(size),
      next_seq_(next_seq),
      sync_error_(std::make_unique<std::atomic<int>>(0)) {}

RecordWriter RecordWriter::create(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder / "output", error);
  if (error) cannot_write(folder, error.value());
  const fs::path path = folder / "events.jsonl";
  UniqueFd events(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
  if (!events) cannot_write(path, errno);
  if (!lock(events)) cannot_write(path, errno);
  return RecordWriter(folder, std::move(events), 0, 0);
}

RecordWriter RecordWriter::resume(const fs::path& folder) {
  const fs::path path = folder / "events.jsonl";
  UniqueFd events(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  if (!events && errno == ENOENT)
    throw Error(ErrorKind::usage, fmt::format("{} is no record: it has no events.jsonl", folder.string()),
                "name a run by its id, a unique prefix of it, or latest");
  if (!events) cannot_write(path, errno);
  if (!lock(events))
    throw Error(ErrorKind::usage, fmt::format("another process is writing the record {}", folder.string()),
                "wait until it has ended, or end it first");
  struct stat facts {};
  if (::fstat(events.get(), &facts) != 0) cannot_write(path, errno);
  const Tail tail = find_tail(events.get(), static_cast<std::uint64_t>(facts.st_size));
  if (::ftruncate(events.get(), static_cast<off_t>(tail.size)) != 0) cannot_write(path, errno);
  std::error_code ignored;
  fs::create_directories(folder / "output", ignored);
  return RecordWriter(folder, std::move(events), tail.size, tail.next_seq);
}

void RecordWriter::write(const Event& event) {
  line_.clear();
  if (torn_) line_ += '\n';
  print_event(line_, event, [this](std::string_view text) { return keep_output(text); });
  line_ += '\n';
  append();
  next_seq_ = event.seq + 1;
  if (line_.capacity() > largest_buffer) std::string().swap(line_);
  if (std::holds_alternative<RunStarted>(event.body) || std::holds_alternative<RunEnded>(event.body))
    write_run_file(event);
}

void RecordWriter::append() {
  const Written written = write_all(events_.get(), line_);
  if (written.error == 0) {
    size_ += line_.size();
    torn_ = false;
    return;
  }
  remember(folder_ / "events.jsonl", written.error);
  if (written.bytes == 0) return;
  torn_ = ::ftruncate(events_.get(), static_cast<off_t>(size_)) != 0;
  if (torn_) size_ += written.bytes;
}

std::string RecordWriter::keep_output(std::string_view text) {
  std::string digest = sha256_hex(text);
  const fs::path path = folder_ / "output" / digest;
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) == text.size()) return digest;
  const int error = write_file(path, text);
  if (error == 0) return digest;
  remember(path, error);
  return {};
}

std::string RecordWriter::keep_file(const fs::path& file) try {
  std::error_code error;
  const std::string digest = sha256_file(file);
  const fs::path path = folder_ / "output" / digest, partial = path.string() + ".partial";
  if (fs::exists(path, error)) return digest;
  fs::create_hard_link(file, path, error);
  if (!error) return digest;
  fs::copy_file(file, partial, fs::copy_options::overwrite_existing, error);      // it is on another file system
  if (!error) fs::rename(partial, path, error);
  if (!error) return digest;
  remember(path, error.value());
  return {};
} catch (const Error&) {      // it has gone, or cannot be read
  remember(file, ENOENT);
  return {};
}

/// run.json is made of the events alone, so that it can be read without them.
void RecordWriter::write_run_file(const Event& event) {
  using Json = nlohmann::ordered_json;
  const fs::path path = folder_ / "run.json";
  Json body = Json::parse(event_to_json(event), nullptr, false);
  for (const char* key : {"seq", "event", "mono"}) body.erase(key);
  if (std::holds_alternative<RunEnded>(event.body)) {
    Json whole = Json::parse(read_file(path).value_or("{}"), nullptr, false);
    if (!whole.is_object()) whole = Json::object();
    whole["ended"] = std::move(body);
    body = std::move(whole);
  }
  const int error = write_file(path, body.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
  if (error != 0) remember(path, error);
}

void RecordWriter::sync() {
  if (::fdatasync(events_.get()) != 0) sync_error_->store(errno);
}

std::optional<std::string> RecordWriter::trouble() const {
  const int error = sync_error_->load();
  if (trouble_ || error == 0) return trouble_;
  return fmt::format("cannot write {}: {}", (folder_ / "events.jsonl").string(), std::strerror(error));
}

void RecordWriter::remember(const fs::path& path, int error) {
  if (!trouble_) trouble_ = fmt::format("cannot write {}: {}", path.string(), std::strerror(error));
}

}  // namespace xtest
