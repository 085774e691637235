// SPDX-License-Identifier: Apache-2.0
// One result as a person reads it: a line, or the block that says what happened, why probably, and how to see it again.
//
// Pure text of what the record holds; everything that came from a test is made safe for terminals here.
#pragma once

#include "reports/attempts.h"
#include "reports/terminal.h"
#include "runner/model/event.h"

#include <string>
#include <string_view>

namespace xtest {

struct BlockStyle {
  Paint paint;
  int width = 100;
  std::size_t output_cap = 4096;   // bytes of the case's output that are shown
};

struct ResultView {
  const RunStarted& run;
  const StreamInfo& stream;
  const std::string& id;           // "probes::E1::c"
  const Outcome& outcome;
  const History& history;
};

std::string failure_block(const ResultView& result, const BlockStyle& style);

// "CRASH  aarch64-unknown-linux-gnu  probes::E1::c  signal: SIGSEGV (11) at 0x10", with the newline.
std::string result_line(const ResultView& result, const BlockStyle& style);

// The target, and the executor if the run has several of it.
std::string place_text(const RunStarted& run, const Stream& stream);

// What happened in one line, whatever the record has of it.
std::string what_happened(const Outcome& outcome, const History& history);

std::string on_text(const Seen& seen);                 // " on vm:linux-x86_64" of an attempt that confirms, else nothing
std::string repro_command(const RunStarted& run, const Stream& stream, const std::string& id);
std::string suite_repro_command(const RunStarted& run, const Stream& stream);
std::string log_command(const std::string& run, const std::string& id);

std::string short_run(const std::string& run);         // the part of a ULID that tells runs apart
std::string status_word(Status status);                // "BUILD-FAIL"
Color status_color(Status status);

}  // namespace xtest
