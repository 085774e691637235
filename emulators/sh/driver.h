// SPDX-License-Identifier: Apache-2.0
// Runs programs on a machine that offers no more than a POSIX `sh`: the runner's side of emulators/sh/script.h.
//
// One shell reads its commands from a line and runs the programs strictly in turn; run() may be in flight several times,
// which is a batch. A second shell, the guard, kills a program that is late and, when its line ends, everything. Without a
// guard (one serial line) the far side watches the time itself, by the second. What cannot be known this way is absent:
// peak memory, and a process that left its program's group. run() never throws for what a program did; a gap, a
// duplicate or a cut in what the shell says makes every run that had not ended Lost, the first of them suspect.
//
// io_context thread. Cancelling a run() kills its program and throws operation_aborted.
#pragma once

#include "emulators/agent/client.h"
#include "emulators/sh/script.h"
#include "runner/base/asio.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace xtest {

// The way to one shell. Its owner sets both functions before the first write; neither is called from within write().
class ShLine {
 public:
  virtual ~ShLine() = default;
  virtual void write(std::string_view text) = 0;
  virtual void end_input() = 0;

  std::function<void(std::string_view)> take;
  std::function<void(std::string why)> gone;        // once
};

struct ShDriverOptions {
  ShScriptFacts facts;                              // lines: the nonce alone; the driver finds its folder itself
  ShFraming framing = ShFraming::bytes;
  std::string wanted_folder;                        // lines: where, as place_script() has it
  std::chrono::milliseconds patience{30000};        // for the next word beyond a run's own limit
};

class ShDriver {
 public:
  // Throws Error{infra} if the shell does not become a driver. `guard` may be null.
  static Task<std::unique_ptr<ShDriver>> start(ShDriverOptions options, std::unique_ptr<ShLine> line, std::unique_ptr<ShLine> guard);

  ~ShDriver();
  ShDriver(const ShDriver&) = delete;
  ShDriver& operator=(const ShDriver&) = delete;

  // Of the command: argv, env, cwd, fresh_cwd, the limits of time and output, result files (lines: 1 MiB of them).
  Task<Completion> run(AgentCommand command);

  const std::string& folder() const;
  std::string told(const std::string& key) const;   // lines: what place_script() says; else empty

  // lines: makes or replaces a file over there, each block checked. Nothing else may be in flight. Throws Error{infra}.
  Task<void> put(std::string path, std::string bytes);

  // Has it perform shell text. Throws Error{infra} unless its status is 0. As put().
  Task<void> perform(std::string text);

  Task<void> close();
  bool alive() const;
  const std::string& why_dead() const;

 private:
  struct State;
  explicit ShDriver(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace xtest
