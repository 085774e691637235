// SPDX-License-Identifier: Apache-2.0
// The protocol of our own probe programs (suites/probes/probe.h), read from their stdout:
//
//   @xtest NONCE fail KEY DETAIL      one line for each failed check
//   @xtest NONCE note TEXT
//   @xtest NONCE skip REASON
//   @xtest NONCE end ok|bad|skip CHECKS FAILED      the last thing on stdout
//
// A line counts only if it stands at the beginning of a line and names the nonce of this run; all else is the program's
// output. CR LF is as good as LF. What the program prints is hostile: time is linear in it and memory bounded, also
// without a single line break. A pass needs a trailer that agrees with itself, with the lines before it and with the
// exit code; whatever does not agree is fail/protocol. Values, one thread at a time, no errors.
#pragma once

#include "runner/base/capture.h"
#include "runner/model/completion.h"
#include "runner/model/observed.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct Trailer {
  enum class End { missing, ok, bad, skip };
  struct Failure { std::string key, detail; };

  End end = End::missing;
  std::uint32_t checks = 0, failed = 0;   // as the end line says
  std::uint64_t fail_lines = 0;
  std::vector<Failure> failures;          // the first hundred of them
  std::string skip_reason;
  std::string trouble;                    // the first thing that breaks the protocol, or empty
  std::string output;                     // what the program printed, nonces taken out, capped
};

class TrailerReader {
 public:
  explicit TrailerReader(std::string_view nonce);

  void feed(std::string_view bytes);
  Trailer finish();                       // once, after the last byte

 private:
  enum class Mode { start, plain, overlong };   // of the line at hand: undecided or ours; output; ours and too long

  void feed_piece(std::string_view piece);
  void end_line();
  void protocol_line(std::string_view line);
  void fail_line(std::string_view rest);
  void trailer_line(std::string_view rest);
  void other(std::string_view text);
  void blame(std::string what);

  std::string prefix_;                    // "@xtest NONCE "
  std::string line_;
  Mode mode_ = Mode::start;
  Capture output_;
  Trailer trailer_;
};

// A verdict, and the diagnosis keys that fit it, the most telling first: those of failed checks, or "crash", "timeout",
// "no-trailer", "exit-code" (it contradicts the trailer).
struct TrailerVerdict {
  Observed observed;
  std::vector<Trailer::Failure> keys;
};

TrailerVerdict judge_trailer(const Trailer& trailer, const Completion& completion);

}  // namespace xtest
