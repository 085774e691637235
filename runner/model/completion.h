// SPDX-License-Identifier: Apache-2.0
// How one process ended, what it cost and what it said: pure data, kept in the record.
//
// Made by runner/base/process.h for host tools and by emulators/agent/client.h for everything of a target. Signal
// numbers and names are those of the place where the process ran. `Lost` says nothing about the program: the place
// went away. Nothing here is a judgement; readers make Observed values of it.
#pragma once

#include "runner/base/signals.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace xtest {

struct Exited { int code = 0; auto operator<=>(const Exited&) const = default; };
struct Signalled { int number = 0; std::string name; auto operator<=>(const Signalled&) const = default; };  // "SEGV"
struct NtException { std::uint32_t code = 0; auto operator<=>(const NtException&) const = default; };
struct TimedOut { auto operator<=>(const TimedOut&) const = default; };   // our limit, whatever killed it then
struct NotStarted {
  std::string why;
  bool refused = false;   // the system does not take the file: its format, its loader. The program's fault, not ours
  auto operator<=>(const NotStarted&) const = default;
};
struct Lost {
  std::string why;
  bool suspect = false;   // the first un-ended run of the place: it may be the one that took it down
  auto operator<=>(const Lost&) const = default;
};

using Termination = std::variant<Exited, Signalled, NtException, TimedOut, NotStarted, Lost>;

struct Usage {
  std::chrono::microseconds user{0}, system{0}, wall{0};
  std::int64_t max_rss_kib = 0;
};

// The head and the tail of a stream, joined; `skipped` bytes were left out at `head` when it is not 0.
struct Output {
  std::string text;
  std::uint64_t skipped = 0;
  std::uint64_t total = 0;
  std::uint64_t head = 0;   // length of the part before the gap; text.size() without a gap
};

// A file that a program left and that was asked for (runner/model/result_files.h).
struct ResultFile {
  std::string name;                  // as the program named it; the pattern, if there is none
  std::uint64_t size = 0;            // of the program's file
  std::filesystem::path host;        // where it lies here until it is kept; empty if it does not
  std::string kept;                  // in a record: its sha256
  std::string trouble;               // why it has not come; never a verdict by itself
};

struct Completion {
  Termination how = NotStarted{};
  Usage usage;
  Output out, err;
  std::vector<std::string> strays;   // "pid name" of what survived the program and was killed
  std::string session;               // which session ran it, or empty
  std::string evidence;              // of a timeout: lines "pid state wchan name"
  std::vector<ResultFile> files;     // one at least for each pattern that was asked for, if it was started
  // Not recorded: what was seen from outside, for people. Empty without a hang or a second look.
  std::string look;                  // as the place tells it: emulators/diagnosis/report.h
  std::string core;                  // the core file's content
  std::string diagnosis;             // what it means; kept with the case
};

bool exited_with(const Completion& completion, int code);

// One phrase: "exited with 3", "killed by SEGV (11)", "ran into its time limit", ...
std::string describe(const Termination& how);

}  // namespace xtest
