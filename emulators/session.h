// SPDX-License-Identifier: Apache-2.0
// A place where target programs are being run: one worker's namespace, Wine server, guest or connection.
//
// Owned by the engine's pool, used on the one io_context thread, one run at a time unless capacity().depth says more.
// The destructor kills what still runs; close() is polite. run() never throws for what the target program did: that is
// in the Completion, and `Lost` says that the place itself went away.
#pragma once

#include "emulators/run_line.h"
#include "runner/base/asio.h"
#include "runner/model/command.h"
#include "runner/model/completion.h"
#include "runner/model/result_files.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

// Why a program runs once more, watched: to see what kills it, or all that it asks of its system. Says nothing about it.
// hang: it is looked at after some seconds, and ends then.
enum class Look : std::uint8_t { none, crash, hang, trace };

struct RunRequest {
  Command command;                                  // argv[0] is a PathRef to the program
  // Descriptors to become 0-2 of the program (xtest exec). In another system they cannot: there they are carried byte by
  // byte, and have to be pipes that nobody else uses, for they are made non-blocking.
  std::optional<std::array<int, 3>> pass_stdio;
  std::optional<TerminalSize> terminal;             // the program gets a terminal of its own, pass_stdio are pipes
  std::shared_ptr<RunLine> line;                    // for signals; null: none will come
  bool fresh_folder = true;                         // cwd is a new empty folder, removed afterwards
  ResultWish results;                               // files of its folder: Completion::files
  Look look = Look::none;                           // Completion::look then tells what was seen, where the place can
};

struct Session {
  virtual ~Session() = default;
  virtual std::string name() const = 0;                                   // "qemu-user#1"
  virtual Task<void> stage(std::vector<std::filesystem::path> files) = 0; // makes them reachable, once each
  virtual Task<Completion> run(RunRequest request) = 0;
  virtual Task<void> close() = 0;
  // CPU time of this machine that the place has used so far, where a program's own cannot be believed: the clock of a guest
  // goes on while its processor waits for ours. Else nothing.
  virtual Task<std::optional<std::chrono::microseconds>> processor_time() { co_return std::nullopt; }
};

}  // namespace xtest
