// SPDX-License-Identifier: Apache-2.0
// A serial line with a shell at its other end: a tty of this machine, or a unix socket as qemu offers one.
//
// Owns the descriptor; the destructor closes it and lets the shell over there be. io_context thread. Errors are Error{infra}.
#pragma once

#include "emulators/sh/driver.h"
#include "runner/base/asio.h"
#include "runner/base/fd.h"

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace xtest {

struct SerialPlace {
  std::string path;                 // "/dev/ttyS0", "unix:/run/guest.sock"
  unsigned baud = 115200;           // of a tty
  std::string user, password;       // when somebody asks "login:"; may be empty
  std::chrono::seconds patience{30};  // for a shell to answer
};

class SerialLine final : public ShLine {
 public:
  // A fresh `sh` at the other end, which does not echo; the shell that was there is its parent and comes back after it.
  static Task<std::unique_ptr<SerialLine>> open(SerialPlace place);
  ~SerialLine() override;

  void write(std::string_view text) override;
  void end_input() override;

 private:
  explicit SerialLine(asio::any_io_executor executor, UniqueFd fd);
  void listen();
  void flush();
  Task<void> find_shell(SerialPlace place);
  Task<void> start_sh(SerialPlace place);
  Task<bool> hears(std::string mark, std::chrono::milliseconds patience);

  asio::posix::stream_descriptor port_;
  std::shared_ptr<SerialLine*> self_;      // null once this is gone
  std::array<char, 4096> piece_;
  std::string outgoing_, heard_;           // heard_: until a driver takes over; then the last few bytes
  std::string gone_mark_;
  bool is_writing_ = false, has_ended_ = false;      // it: the sh over there
};

}  // namespace xtest
