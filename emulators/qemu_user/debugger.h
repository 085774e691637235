// SPDX-License-Identifier: Apache-2.0
// The other end of qemu-user's debugger stub (`-g SOCKET`): lets a program run to the signal that kills it, or to the
// SIGINT that the agent sends to a hung one, and reads its registers, mappings and the top of its stack then. What it saw
// is told as emulators/diagnosis/report.h has it.
//
// The stub stops at every signal, also at one the program handles: the last stop before the end is the one that counts.
// Shared by the dialogue and by who started it; stop() ends the dialogue. io_context thread, no errors: a dialogue that
// fails has seen nothing.
#pragma once

#include "emulators/diagnosis/registers.h"
#include "runner/base/asio.h"
#include "runner/base/fd.h"

#include <filesystem>
#include <memory>
#include <string>

namespace xtest {

class QemuDebugger : public std::enable_shared_from_this<QemuDebugger> {
 public:
  QemuDebugger(asio::any_io_executor executor, const Architecture& arch, std::filesystem::path socket, std::string program, bool is_hung);

  void start();                            // connects as soon as qemu listens
  void stop();
  // `err` is the program's stderr, where qemu's own trace tells the signal's address.
  std::string report(const std::string& err) const;

 private:
  Task<void> talk();
  Task<bool> connect();
  Task<std::string> ask(std::string packet);
  Task<void> look(int thread);
  Task<void> look_at_threads(int thread);
  Task<std::string> thread_lines(int thread);
  Task<std::string> memory(std::uint64_t address);

  const Architecture& arch_;
  std::filesystem::path path_;
  std::string program_;
  bool is_hung_;
  asio::steady_timer pause_;
  asio::posix::stream_descriptor socket_;
  std::string received_;
  std::string seen_;                       // of the last stop, without its signal
  int signal_ = 0;
  bool stopped_ = false;
};

}  // namespace xtest
