// SPDX-License-Identifier: Apache-2.0
// A machine that has a shell on a serial line and nothing else: a real busybox, interactive on a pseudo-terminal of its own.
//
// The line's other end is a unix socket, as qemu offers one, or a second terminal. Works while the io_context runs; the
// destructor kills the shell.
#pragma once

#include "runner/base/asio.h"

#include <filesystem>
#include <memory>
#include <string>

namespace xtest {

enum class LineEnd { socket, tty };

class SerialMachine {
 public:
  SerialMachine(asio::io_context& io, const std::filesystem::path& folder, LineEnd end);
  ~SerialMachine();
  SerialMachine(const SerialMachine&) = delete;
  SerialMachine& operator=(const SerialMachine&) = delete;

  static std::string why_not();                // busybox is not installed
  const std::string& path() const;             // for `serial:PATH`

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace xtest
