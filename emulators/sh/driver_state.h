// SPDX-License-Identifier: Apache-2.0
// What a ShDriver keeps: what was said on its lines, and the runs that have not ended. Private to driver*.cc.
#pragma once

#include "emulators/sh/command_text.h"
#include "emulators/sh/driver.h"
#include "emulators/sh/frames.h"
#include "emulators/sh/outcome.h"

#include <deque>
#include <map>
#include <optional>

namespace xtest {

struct ShRun {
  ShRun(asio::any_io_executor executor, std::uint32_t number, AgentCommand wanted)
      : seq(number), command(std::move(wanted)), outcome(command.argv.front(), command.results),
        wake(executor, std::chrono::steady_clock::time_point::max()) {}

  std::uint32_t seq;
  AgentCommand command;
  ShOutcome outcome;
  bool done = false, is_late = false, is_abandoned = false;
  bool follows = false;                   // was sent behind another: it begins when that one ends
  std::chrono::steady_clock::time_point began;
  std::optional<std::chrono::steady_clock::time_point> over;   // when the first word came after it
  asio::steady_timer wake;
};

// Lives as long as a handler or a run() needs it.
struct ShDriver::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor run_on, ShDriverOptions wanted, std::unique_ptr<ShLine> way, std::unique_ptr<ShLine> second)
      : executor(run_on), options(std::move(wanted)), line(std::move(way)), guard(std::move(second)), frames(options.facts.nonce, options.framing),
        guard_frames(options.facts.nonce, ShFraming::bytes), deadline(executor), heard(executor, std::chrono::steady_clock::time_point::max()) {}

  void connect();
  Task<void> greet();
  Task<void> load(std::string script);
  Task<bool> hear(std::function<bool()> what, std::chrono::steady_clock::duration patience);
  void take(std::string_view bytes);
  void take_of_guard(std::string_view bytes);
  void take_of_run(ShFrame frame);
  void begin_front();
  void finish_front();
  void arm();
  void on_deadline();
  void stop_front();
  void fail(const std::string& why);
  std::string text_of(ShRun& run);
  Task<void> put(std::string path, std::string bytes);
  Task<void> put_block(std::string text);
  Task<void> wait_kept(std::uint32_t seq);
  Task<void> send(std::string text);

  asio::any_io_executor executor;
  ShDriverOptions options;
  std::unique_ptr<ShLine> line, guard;
  ShFrames frames, guard_frames;
  asio::steady_timer deadline, heard;
  bool is_ready = false, guards = false, has_base64 = false, has_cksum = true;
  std::string why_dead;
  std::uint32_t next_seq = 1;
  ShCommandText commands;
  std::deque<std::shared_ptr<ShRun>> runs;
  std::map<std::string, std::string> told;   // frames about no run
  std::string kept;                       // the checksum of the last block
  std::uint32_t kept_seq = 0;
};

}  // namespace xtest
