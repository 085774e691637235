// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/wire.h"

#include <cstring>

namespace xtest {

namespace {

const unsigned char* raw(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

WireFrame::WireFrame(std::uint32_t type, std::uint32_t seq, const Nonce& nonce) : data_(XA_HEADER, '\0') {
  xa_put_header(reinterpret_cast<unsigned char*>(data_.data()), type, seq, 0);
  std::memcpy(data_.data() + 16, nonce.data(), nonce.size());
}

WireFrame& WireFrame::u32(std::uint32_t value) {
  unsigned char bytes[4];
  xa_put_u32(bytes, value);
  data_.append(reinterpret_cast<const char*>(bytes), sizeof bytes);
  return *this;
}

WireFrame& WireFrame::u64(std::uint64_t value) {
  unsigned char bytes[8];
  xa_put_u64(bytes, value);
  data_.append(reinterpret_cast<const char*>(bytes), sizeof bytes);
  return *this;
}

WireFrame& WireFrame::bytes(std::string_view value) {
  data_.append(value);
  return *this;
}

WireFrame& WireFrame::text(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  data_.append(value).push_back('\0');
  return *this;
}

WireFrame& WireFrame::texts(const std::vector<std::string>& values) {
  u32(static_cast<std::uint32_t>(values.size()));
  for (const auto& value : values) text(value);
  return *this;
}

std::string WireFrame::take() {
  xa_put_u32(reinterpret_cast<unsigned char*>(data_.data()) + 12,
             static_cast<std::uint32_t>(data_.size() - XA_HEADER));
  return std::move(data_);
}

std::uint32_t WireReader::u32() {
  if (bad_ || left_.size() < 4) {
    bad_ = true;
    return 0;
  }
  const auto value = xa_get_u32(raw(left_));
  left_.remove_prefix(4);
  return value;
}

std::uint64_t WireReader::u64() {
  const std::uint64_t low = u32();
  const std::uint64_t high = u32();
  return low | high << 32;
}

std::string WireReader::text() {
  const std::size_t size = u32();
  if (bad_ || left_.size() < size + 1 || left_[size] != '\0') {
    bad_ = true;
    return {};
  }
  std::string value(left_.substr(0, size));
  left_.remove_prefix(size + 1);
  return value;
}

WireHeader read_header(std::string_view bytes, const Nonce& nonce) {
  const auto* at = raw(bytes);
  const auto kind = xa_get_u32(at + 4);
  WireHeader header{kind >> 16, xa_get_u32(at + 8), xa_get_u32(at + 12), false};
  header.ours = xa_get_u32(at) == XA_MAGIC && (kind & 0xffff) == XA_VERSION && header.length <= XA_MAX_PAYLOAD &&
                std::memcmp(at + 16, nonce.data(), nonce.size()) == 0;
  return header;
}

}  // namespace xtest
