// SPDX-License-Identifier: Apache-2.0
// What was seen (Observed, a raw fact that is kept) and what it means (Outcome, a judgement that can be repeated).
//
// A Reader turns the bytes and the Completion of a job into Observed values; nothing of a target's expectations is in
// them. decide (runner/engine/decide.h) folds the attempts of a case and the expectation lists into one Outcome.
// The statuses and kinds are those of docs/results.md.
#pragma once

#include "runner/model/ids.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

enum class Status : std::uint8_t {
  pass, fail, crash, timeout, build_fail, xpass, xfail, skip, level, flaky, emulator, infra, not_run,
};

enum class Weight : std::uint8_t { good, bad, neutral, inconclusive };

std::string_view to_string(Status status);                       // "build-fail", "not-run", ...
std::optional<Status> status_from(std::string_view text);

// How a status counts for the gate; Status::level counts as `inconclusive` here.
Weight weight(Status status);

struct Observed {
  Status status = Status::not_run;
  std::string kind;       // "wrong-output", "signal", "hang", "unsupported", "blocked", ... (one word, docs/results.md)
  std::string message;    // one line: what happened
  std::string signature;  // the message with addresses, pids, paths and numbers replaced
  std::string hint;       // the diagnosis: what is wrong with the port, usual cause, where it was seen
  std::chrono::microseconds duration{0};
  std::string output;     // what the case printed, capped by the reader
  std::string parent;     // name of the case this subtest was found in while running, or empty
};

struct Attempt {
  JobId job = 0;
  int number = 1;
  Observed observed;
  std::string confirmer{};        // as in CaseObserved
};

struct Outcome {
  Status status = Status::not_run;
  std::string kind;
  Status raw = Status::not_run;   // of the attempt that decided
  std::string expectation;        // "file:line" of the entry that applied, or empty
  std::string reason;             // the entry's reason, or why it is skipped or blocked
  int attempts = 0;
};

// The message with everything that differs from run to run replaced by a sign, so that "failing differently" shows.
std::string make_signature(std::string_view message);

}  // namespace xtest
