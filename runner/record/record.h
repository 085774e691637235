// SPDX-License-Identifier: Apache-2.0
// The run folder: the append-only truth of a run (docs/record.md).
//
//   RUNS/<ULID>/run.json      what was run, readable without the events
//               events.jsonl  one event a line, one write(2) an event; a torn last line is dropped on reading
//               output/       captured output by content hash, capped
//               junit/        written by the sinks
//
// RecordWriter belongs to the engine's thread; trouble with the disk is remembered (trouble()) and never changes a
// verdict. A record that another process is writing is locked (flock on events.jsonl) and can be read meanwhile.
#pragma once

#include "runner/base/fd.h"
#include "runner/model/event.h"

#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

std::string new_ulid();                                     // 26 characters, sorts by time

std::string event_to_json(const Event& event);              // one line without the newline; stable key order
std::expected<Event, std::string> event_from_json(std::string_view line);

class RecordWriter {
 public:
  static RecordWriter create(const std::filesystem::path& folder);  // throws Error{output}; there must be no record yet
  static RecordWriter resume(const std::filesystem::path& folder);   // cuts a torn tail; throws if locked or missing

  // Takes a file's content to output/; its sha256, or nothing if that cannot be done (trouble() says why).
  std::string keep_file(const std::filesystem::path& file);
  void write(const Event& event);            // outputs over 4 KiB go to output/ and are referred to
  void sync();                               // fdatasync; call at most once a second and at the end (any thread)
  std::uint64_t next_seq() const { return next_seq_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::optional<std::string> trouble() const;   // the first trouble with the disk; later events are still tried

 private:
  RecordWriter(std::filesystem::path folder, UniqueFd events, std::uint64_t size, std::uint64_t next_seq);
  void append();
  std::string keep_output(std::string_view text);
  void write_run_file(const Event& event);
  void remember(const std::filesystem::path& path, int error);

  std::filesystem::path folder_;
  UniqueFd events_;
  std::uint64_t size_ = 0;                   // of the file up to its last whole line
  std::uint64_t next_seq_ = 0;
  bool torn_ = false;                        // a part of a line is behind it and could not be cut
  std::string line_;
  std::optional<std::string> trouble_;
  std::unique_ptr<std::atomic<int>> sync_error_;
};

struct ReadReport {
  bool torn = false;                         // the last line was incomplete and dropped
  std::size_t unreadable = 0;                // whole lines that could not be understood: their events are missing
  std::vector<std::string> damaged;          // "line 17: ..." of lines that could not be understood, gaps, lost outputs
};

// Calls `each` for every whole event in order; outputs that were moved to output/ are put back. Throws Error{usage} if
// the folder is no record, with the nearest remedy, and naming file and line if it has lines and none can be
// understood.
ReadReport read_record(const std::filesystem::path& folder, const std::function<void(Event&&)>& each);

// What run.json says of a run, without reading its events.
struct RunHead {
  std::string id;
  std::string begun;                         // "2026-11-21 13:40:05" UTC
  std::string reason = "unfinished";         // as in RunEnded
  int exit_code = -1;
  bool damaged = false;
  std::vector<std::string> targets;
  std::map<std::string, std::uint64_t> counts;
};
// A run.json that is missing or unreadable leaves only the id, and `damaged` when it is there.
RunHead read_run_head(const std::filesystem::path& folder);

// A run by ULID, unique prefix, "latest" or "latest~3"; throws Error{usage} naming the candidates.
std::filesystem::path find_run(const std::filesystem::path& runs, std::string_view name);
std::vector<std::filesystem::path> list_runs(const std::filesystem::path& runs);   // oldest first

}  // namespace xtest
