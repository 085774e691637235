// SPDX-License-Identifier: Apache-2.0
#include "runner/base/utf8.h"

namespace xtest {

namespace {

struct Lead {
  std::size_t length;
  unsigned char low, high;  // bounds of the second byte
  char32_t bits;
};

/// What may follow a first byte (RFC 3629, section 4); length 0 if it cannot lead.
Lead lead_of(unsigned char byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF, byte & 0x1Fu};
  if (byte == 0xE0) return {3, 0xA0, 0xBF, 0};
  if (byte == 0xED) return {3, 0x80, 0x9F, 0xD};
  if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF, byte & 0xFu};
  if (byte == 0xF0) return {4, 0x90, 0xBF, 0};
  if (byte == 0xF4) return {4, 0x80, 0x8F, 4};
  if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF, byte & 0x7u};
  return {0, 0, 0, 0};
}

}  // namespace

Utf8Step decode_utf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const Utf8Step bad{byte(0), 1, false};
  if (byte(0) < 0x80) return {byte(0), 1, true};
  const Lead lead = lead_of(byte(0));
  if (lead.length == 0 || text.size() - at < lead.length) return bad;
  if (byte(1) < lead.low || byte(1) > lead.high) return bad;
  char32_t code = lead.bits;
  for (std::size_t i = 1; i < lead.length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return bad;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  return {code, lead.length, true};
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = decode_utf8(text, at);
    if (!step.valid) return at;
    at += step.length;
  }
  return std::string_view::npos;
}

}  // namespace xtest
