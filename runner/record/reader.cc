// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/record/json.h"
#include "runner/record/record.h"

namespace xtest {

namespace {

constexpr std::size_t most_damages = 100;  // told one by one

class Damages {
 public:
  explicit Damages(std::vector<std::string>& list) : list_(list) {}
  bool none() const { return count_ == 0; }
  void add(std::size_t line, std::string_view what) {
    if (++count_ <= most_damages) list_.push_back(fmt::format("line {}: {}", line, what));
  }
  void finish() {
    if (count_ > most_damages) list_.push_back(fmt::format("and {} more", count_ - most_damages));
  }

 private:
  std::vector<std::string>& list_;
  std::size_t count_ = 0;
};

/// Follows the sequence numbers. Lines that could not be read account for as many missing numbers.
class Sequence {
 public:
  void unreadable() { ++unreadable_; }

  /// Whether the event is a new one; `damage` says what is wrong with its number.
  bool admit(std::uint64_t seq, std::string& damage) {
    if (seq < next_) {
      damage = fmt::format("event {} is there twice or out of order", seq);
      return false;
    }
    if (seq - next_ > unreadable_)
      damage = fmt::format("{} events are missing before event {}", seq - next_ - unreadable_, seq);
    next_ = seq + 1;
    unreadable_ = 0;
    return true;
  }

 private:
  std::uint64_t next_ = 0;
  std::uint64_t unreadable_ = 0;
};

std::string fetch_output(const std::filesystem::path& folder, const std::string& digest, std::uint64_t bytes,
                         std::string& damage) {
  auto text = read_file(folder / "output" / digest);
  if (text && text->size() == bytes && sha256_hex(*text) == digest) return *std::move(text);
  damage = fmt::format("output/{} is {}", digest, text ? "damaged" : "missing");
  return missing_output(digest, bytes);
}

}  // namespace

ReadReport read_record(const std::filesystem::path& folder, const std::function<void(Event&&)>& each) {
  std::ifstream file(folder / "events.jsonl", std::ios::binary);
  if (!file)
    throw Error(ErrorKind::usage, fmt::format("{} is no record: its events.jsonl cannot be read", folder.string()),
                "name a run by its id, a unique prefix of it, or latest");
  ReadReport report;
  Damages damages(report.damaged);
  Sequence sequence;
  std::string line, damage;
  bool understood = false;
  const FetchOutput fetch = [&](const std::string& digest, std::uint64_t bytes) {
    return fetch_output(folder, digest, bytes, damage);
  };
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (file.eof()) {
      report.torn = understood || line.starts_with('{');
      if (!report.torn) damages.add(number, "it is no JSON");
      break;
    }
    damage.clear();
    auto event = parse_event(line, fetch);
    if (!damage.empty()) damages.add(number, damage);
    if (!event) {
      damages.add(number, event.error());
      sequence.unreadable();
      ++report.unreadable;
      continue;
    }
    understood = true;
    damage.clear();
    const bool is_new = sequence.admit(event->seq, damage);
    if (!damage.empty()) damages.add(number, damage);
    if (is_new) each(*std::move(event));
  }
  if (!understood && !damages.none())
    throw Error(ErrorKind::usage, fmt::format("{}: {}", (folder / "events.jsonl").string(), report.damaged.front()),
                "nothing in this record can be read; remove the folder, or restore the file");
  damages.finish();
  return report;
}

}  // namespace xtest
