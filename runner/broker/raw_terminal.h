// SPDX-License-Identifier: Apache-2.0
// Our own terminal while a program elsewhere has one: every key goes there as it is. Nothing but the C library.
#pragma once

#include <termios.h>

#include <cstdint>

namespace xtest {

struct WindowSize {
  std::uint32_t rows = 0, columns = 0;
};
// Of the terminal on stdin; 24 by 80 when it does not say. Safe in a signal handler.
WindowSize window_size();

class RawTerminal {
 public:
  explicit RawTerminal(bool wanted);   // no effect when stdin is no terminal
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios before_{};
  bool is_changed_ = false;
};

}  // namespace xtest
