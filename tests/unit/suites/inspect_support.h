// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bytes by hand and verdicts in one line, for the tests of suites/inspect.
//
// ElfBytes lays out a header, program headers and their contents, with no sections, so that an address is a file
// offset. Plain values owned by the test.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suites/inspect/bytes.h"
#include "suites/inspect/checks.h"

namespace xtest::inspect_test {

class Bytes {
 public:
  explicit Bytes(ByteOrder order = ByteOrder::little) : order_(order) {}

  Bytes& number(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) {
      const unsigned shift = 8 * (order_ == ByteOrder::little ? i : width - 1 - i);
      data_.push_back(static_cast<char>(value >> shift));
    }
    return *this;
  }
  Bytes& text(std::string_view value) {
    data_ += value;
    return *this;
  }
  Bytes& zeros(std::size_t count) {
    data_.append(count, '\0');
    return *this;
  }
  Bytes& pad_to(std::size_t size) {
    data_.resize(std::max(size, data_.size()));
    return *this;
  }
  void put(std::size_t at, std::uint64_t value, unsigned width) {
    const std::string number_bytes = Bytes(order_).number(value, width).data_;
    data_.replace(at, width, number_bytes);
  }

  std::size_t size() const { return data_.size(); }
  ByteOrder order() const { return order_; }
  const std::string& data() const { return data_; }
  std::span<const std::byte> span() const { return std::as_bytes(std::span(data_)); }
  ByteView view() const { return ByteView(span(), order_); }

 private:
  ByteOrder order_;
  std::string data_;
};

struct ElfSegmentBytes {
  std::uint32_t type, flags;
  Bytes content;
};

inline constexpr std::size_t elf64_header = 64, elf64_segment = 56, elf32_header = 52, elf32_segment = 32;

inline std::size_t elf_content_start(int bits, std::size_t segments) {
  return bits == 64 ? elf64_header + segments * elf64_segment : elf32_header + segments * elf32_segment;
}

// An executable or library without sections. Each segment's address is its file offset.
inline Bytes elf_bytes(int bits, ByteOrder order, unsigned type, unsigned machine, std::uint32_t flags,
                       const std::vector<ElfSegmentBytes>& segments) {
  const unsigned word = bits == 64 ? 8 : 4;
  const std::size_t header = bits == 64 ? elf64_header : elf32_header;
  Bytes out(order);
  out.text(
         "\x7f"
         "ELF")
      .number(bits == 64 ? 2 : 1, 1)
      .number(order == ByteOrder::little ? 1 : 2, 1)
      .number(1, 1)
      .zeros(9);
  out.number(type, 2)
      .number(machine, 2)
      .number(1, 4)
      .number(0, word)
      .number(segments.empty() ? 0 : header, word)
      .number(0, word);
  out.number(flags, 4)
      .number(header, 2)
      .number(bits == 64 ? elf64_segment : elf32_segment, 2)
      .number(segments.size(), 2);
  out.number(0, 2).number(0, 2).number(0, 2);
  std::size_t at = elf_content_start(bits, segments.size());
  for (const ElfSegmentBytes& segment : segments) {
    const std::size_t size = segment.content.size();
    out.number(segment.type, 4);
    if (bits == 64) out.number(segment.flags, 4);
    out.number(at, word).number(at, word).number(at, word).number(size, word).number(size, word);
    if (bits == 32) out.number(segment.flags, 4);
    out.number(4, word);
    at += size;
  }
  for (const ElfSegmentBytes& segment : segments) out.text(segment.content.data());
  return out;
}

// "A2:interp A11:relro": the bad checks and their keys; "" when nothing is bad.
inline std::string verdict(const std::vector<CheckResult>& checks) {
  std::string text;
  for (const CheckResult& check : checks)
    for (const Finding& finding : check.findings) {
      const std::string one = check.id + ":" + finding.key;
      if (text.find(one) == std::string::npos) text += (text.empty() ? "" : " ") + one;
    }
  return text;
}

inline std::string details(const std::vector<CheckResult>& checks) {
  std::string text;
  for (const CheckResult& check : checks)
    for (const Finding& finding : check.findings) text += check.id + " " + finding.key + ": " + finding.detail + "\n";
  return text;
}

inline std::string why_not(const std::vector<CheckResult>& checks, std::string_view id) {
  const auto found = std::ranges::find(checks, id, &CheckResult::id);
  return found == checks.end() ? "<no such check>" : found->why;
}

}  // namespace xtest::inspect_test
