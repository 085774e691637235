// SPDX-License-Identifier: Apache-2.0
// The C++ side of protocol.h: frames put together and taken apart, nothing sent or received.
//
// Pure, any thread. A WireReader that is read beyond its end says so by bad() and yields zeros and empty texts.
#pragma once

#include "emulators/agent/protocol.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

using Nonce = std::array<unsigned char, XA_NONCE>;

class WireFrame {
 public:
  WireFrame(std::uint32_t type, std::uint32_t seq, const Nonce& nonce);

  WireFrame& u32(std::uint32_t value);
  WireFrame& u64(std::uint64_t value);
  WireFrame& bytes(std::string_view value);
  WireFrame& text(std::string_view value);
  WireFrame& texts(const std::vector<std::string>& values);

  std::string take();

 private:
  std::string data_;
};

class WireReader {
 public:
  explicit WireReader(std::string_view payload) : left_(payload) {}

  std::uint32_t u32();
  std::uint64_t u64();
  std::string text();
  std::string_view rest() const { return left_; }
  bool bad() const { return bad_; }

 private:
  std::string_view left_;
  bool bad_ = false;
};

struct WireHeader {
  std::uint32_t type = 0, seq = 0, length = 0;
  bool ours = false;   // magic, version, nonce and length are right
};

// `bytes` has at least XA_HEADER of them.
WireHeader read_header(std::string_view bytes, const Nonce& nonce);

}  // namespace xtest
