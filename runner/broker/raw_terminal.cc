// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/raw_terminal.h"

#include <sys/ioctl.h>

namespace xtest {

WindowSize window_size() {
  winsize size{};
  if (::ioctl(0, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {24, 80};
  return {size.ws_row, size.ws_col};
}

RawTerminal::RawTerminal(bool wanted) {
  if (!wanted || ::tcgetattr(0, &before_) != 0) return;
  termios raw = before_;
  ::cfmakeraw(&raw);
  is_changed_ = ::tcsetattr(0, TCSADRAIN, &raw) == 0;
}

RawTerminal::~RawTerminal() {
  if (is_changed_) ::tcsetattr(0, TCSADRAIN, &before_);
}

}  // namespace xtest
