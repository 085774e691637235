// SPDX-License-Identifier: Apache-2.0
// Reads what the shell texts of script.h say, piece by piece.
//
// Every header begins with the nonce; bytes follow by count, so nothing that a program wrote is ever looked at. Before the
// first frame anything may come (a login's greeting). With ShFraming::lines, lines that are not ours are noise (a kernel's
// messages on the same line), and damage is found by checksums. Pure, one owner.
#pragma once

#include "emulators/sh/script.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct ShFrame {
  std::uint32_t seq = 0;
  std::string kind;                   // "started", "out", ...
  std::string rest;                   // what follows, as it is
  std::vector<std::string> words;     // the same, cut at blanks
  std::string bytes;                  // of out, err and piece
};

class ShFrames {
 public:
  ShFrames(std::string nonce, ShFraming framing);

  // The frames that are complete by now. After what cannot be a frame nothing is read any more, see wrong().
  std::vector<ShFrame> feed(std::string_view bytes);
  const std::string& wrong() const { return wrong_; }
  bool is_between_frames() const { return received_.empty(); }

 private:
  bool take(std::vector<ShFrame>& frames);
  bool take_header(std::string line, std::vector<ShFrame>& frames);

  std::string nonce_, wrong_, received_;
  ShFraming framing_;
  bool has_begun_ = false;
  std::string text_;                  // lines: encoded bytes of the frame to come
};

}  // namespace xtest
