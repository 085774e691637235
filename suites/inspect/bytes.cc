// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/bytes.h"

#include <algorithm>

namespace xtest {

std::optional<std::uint64_t> ByteView::number(std::uint64_t offset, unsigned width) const {
  if (width == 0 || width > 8 || offset > size() || size() - offset < width) return std::nullopt;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) {
    const unsigned at = order_ == ByteOrder::big ? i : width - 1 - i;
    value = value << 8 | std::to_integer<std::uint64_t>(bytes_[offset + at]);
  }
  return value;
}

std::optional<ByteView> ByteView::slice(std::uint64_t offset, std::uint64_t size) const {
  if (offset > this->size() || this->size() - offset < size) return std::nullopt;
  return ByteView(bytes_.subspan(offset, size), order_);
}

ByteView ByteView::from(std::uint64_t offset) const {
  return offset >= size() ? ByteView({}, order_) : ByteView(bytes_.subspan(offset), order_);
}

std::optional<std::string> ByteView::text(std::uint64_t offset, std::size_t most) const {
  if (offset >= size()) return std::nullopt;
  const auto rest = bytes_.subspan(offset, std::min<std::uint64_t>(most, size() - offset));
  const auto end = std::ranges::find(rest, std::byte{0});
  if (end == rest.end()) return std::nullopt;
  return ByteView(rest.first(static_cast<std::size_t>(end - rest.begin())), order_).chars();
}

std::string ByteView::chars() const {
  return bytes_.empty() ? std::string() : std::string(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
}

std::uint64_t ByteCursor::number(unsigned width) {
  const auto value = ok_ ? view_.number(position_, width) : std::nullopt;
  if (!value) {
    ok_ = false;
    return 0;
  }
  position_ += width;
  return *value;
}

std::int64_t ByteCursor::signed_number(unsigned width) {
  const std::uint64_t value = number(width);
  const unsigned shift = 64 - 8 * width;
  return static_cast<std::int64_t>(value << shift) >> shift;
}

std::uint64_t ByteCursor::uleb() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const std::uint64_t byte = number(1);
    if (shift < 64) value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  ok_ = false;
  return 0;
}

std::int64_t ByteCursor::sleb() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const std::uint64_t byte = number(1);
    if (shift < 64) value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) != 0) continue;
    if ((byte & 0x40) != 0 && shift + 7 < 64) value |= ~std::uint64_t{0} << (shift + 7);
    return static_cast<std::int64_t>(value);
  }
  ok_ = false;
  return 0;
}

std::string ByteCursor::text(std::size_t most) {
  const auto value = ok_ ? view_.text(position_, most) : std::nullopt;
  if (!value) {
    ok_ = false;
    return {};
  }
  position_ += value->size() + 1;
  return *value;
}

void ByteCursor::skip(std::uint64_t count) {
  if (!ok_ || position_ > view_.size() || view_.size() - position_ < count) {
    ok_ = false;
    return;
  }
  position_ += count;
}

}  // namespace xtest
