// SPDX-License-Identifier: Apache-2.0
#pragma once

// Bounds-checked reading of numbers and strings from bytes that may be hostile. A ByteView answers by offset, with
// nullopt for anything that does not lie wholly inside; a ByteCursor walks forward and turns not-ok for good at the
// first read beyond the end, so that a parser may read a whole record and look once.
//
// Neither owns the bytes. Values, any thread, no exceptions; offsets may be any 64-bit number.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "suites/inspect/facts.h"

namespace xtest {

class ByteView {
 public:
  ByteView() = default;
  ByteView(std::span<const std::byte> bytes, ByteOrder order) : bytes_(bytes), order_(order) {}

  std::uint64_t size() const { return bytes_.size(); }
  ByteOrder order() const { return order_; }
  std::optional<std::uint64_t> number(std::uint64_t offset, unsigned width) const;  // 1, 2, 4 or 8 bytes
  std::optional<ByteView> slice(std::uint64_t offset, std::uint64_t size) const;
  ByteView from(std::uint64_t offset) const;                                        // to the end, empty when beyond
  std::optional<std::string> text(std::uint64_t offset, std::size_t most = 4096) const;  // up to NUL: it must be there
  std::string chars() const;

 private:
  std::span<const std::byte> bytes_;
  ByteOrder order_ = ByteOrder::little;
};

class ByteCursor {
 public:
  explicit ByteCursor(ByteView view, std::uint64_t position = 0) : view_(view), position_(position) {}

  bool ok() const { return ok_; }
  bool at_end() const { return !ok_ || position_ >= view_.size(); }
  std::uint64_t position() const { return position_; }
  std::uint64_t number(unsigned width);   // 0 when not ok
  std::int64_t signed_number(unsigned width);
  std::uint64_t uleb();
  std::int64_t sleb();
  std::string text(std::size_t most);
  void skip(std::uint64_t count);
  void fail() { ok_ = false; }

 private:
  ByteView view_;
  std::uint64_t position_;
  bool ok_ = true;
};

}  // namespace xtest
