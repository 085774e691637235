// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/eh_frame.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace xtest {
namespace {

constexpr std::uint8_t omit = 0xff;
constexpr std::uint8_t relative_to_pc = 0x10;
constexpr std::uint8_t relative_to_data = 0x30;
constexpr std::size_t longest_augmentation = 16;

struct Space {
  std::uint64_t address;       // of the first byte of the table
  std::uint64_t data;          // base of data-relative pointers
  int bits;
  std::uint64_t wrap(std::uint64_t value) const { return bits == 32 ? value & 0xffffffffu : value; }
};

std::uint64_t encoded_value(ByteCursor& cursor, std::uint8_t format, int bits) {
  switch (format) {
    case 0x0: return cursor.number(bits == 32 ? 4 : 8);
    case 0x1: return cursor.uleb();
    case 0x2: return cursor.number(2);
    case 0x3: return cursor.number(4);
    case 0x4: return cursor.number(8);
    case 0x9: return static_cast<std::uint64_t>(cursor.sleb());
    case 0xa: return static_cast<std::uint64_t>(cursor.signed_number(2));
    case 0xb: return static_cast<std::uint64_t>(cursor.signed_number(4));
    case 0xc: return static_cast<std::uint64_t>(cursor.signed_number(8));
    default: cursor.fail(); return 0;
  }
}

std::uint64_t encoded_pointer(ByteCursor& cursor, std::uint8_t encoding, const Space& space) {
  const std::uint64_t here = space.address + cursor.position();
  std::uint64_t value = encoded_value(cursor, encoding & 0x0f, space.bits);
  const std::uint8_t base = encoding & 0x70;
  if (base == relative_to_pc) value += here;
  if (base == relative_to_data) value += space.data;
  return space.wrap(value);
}

// The pointer encoding of a CIE's FDEs, which is all that is needed of it.
std::optional<std::uint8_t> cie_encoding(ByteView table, std::uint64_t body, const Space& space) {
  ByteCursor cursor(table, body);
  const std::uint64_t version = cursor.number(1);
  const std::string augmentation = cursor.text(longest_augmentation);
  if (augmentation.starts_with("eh")) cursor.skip(space.bits == 32 ? 4 : 8);
  cursor.uleb();
  cursor.sleb();
  version == 1 ? cursor.number(1) : cursor.uleb();
  std::uint8_t encoding = 0;
  if (augmentation.starts_with('z')) {
    cursor.uleb();
    for (const char letter : augmentation.substr(1)) {
      if (letter == 'R') encoding = static_cast<std::uint8_t>(cursor.number(1));
      if (letter == 'L') cursor.number(1);
      if (letter == 'P') {
        const auto personality = static_cast<std::uint8_t>(cursor.number(1));
        if (personality != omit) encoded_value(cursor, personality & 0x0f, space.bits);
      }
    }
  }
  if (!cursor.ok() || (version != 1 && version != 3 && version != 4)) return std::nullopt;
  return encoding;
}

class EhFrameParser {
 public:
  EhFrameParser(ByteView table, Space space) : table_(table), space_(space) {}

  EhFrame parse() {
    std::uint64_t offset = 0;
    while (result_.error.empty() && offset < table_.size()) offset = entry(offset);
    return std::move(result_);
  }

 private:
  // Reads the entry at `offset`, answers where the next one begins.
  std::uint64_t entry(std::uint64_t offset) {
    ByteCursor cursor(table_, offset);
    std::uint64_t length = cursor.number(4);
    if (cursor.ok() && length == 0) {
      if (cursor.position() < table_.size()) saw_terminator_ = true;
      return cursor.position();
    }
    if (length == 0xffffffffu) length = cursor.number(8);
    const std::uint64_t start = cursor.position();
    if (!cursor.ok() || length < 4 || length > table_.size() - start) {
      result_.error =
          fmt::format("entry at offset {:#x} has length {:#x}, beyond the end of the section", offset, length);
      return table_.size();
    }
    result_.terminator_before_end |= std::exchange(saw_terminator_, false);
    const std::uint64_t id = cursor.number(4);
    if (id != 0) function(start, start - id, start + length);
    return start + length;
  }

  void function(std::uint64_t start, std::uint64_t cie, std::uint64_t end) {
    const auto encoding = encoding_of(cie);
    const auto body = table_.slice(0, end);
    if (!encoding || !body) {
      result_.error = fmt::format("FDE at offset {:#x} names no CIE (offset {:#x})", start - 4, cie);
      return;
    }
    ByteCursor cursor(*body, start + 4);
    const std::uint64_t begin = encoded_pointer(cursor, *encoding, space_);
    const std::uint64_t size = encoded_value(cursor, *encoding & 0x0f, space_.bits);
    if (!cursor.ok()) {
      result_.error = fmt::format("FDE at offset {:#x} is cut short", start - 4);
      return;
    }
    result_.functions.push_back({begin, space_.wrap(size)});
  }

  std::optional<std::uint8_t> encoding_of(std::uint64_t cie) {
    const auto known = encodings_.find(cie);
    if (known != encodings_.end()) return known->second;
    const bool extended = table_.number(cie, 4) == 0xffffffffu;
    const std::uint64_t id = cie + (extended ? 12 : 4);
    const bool is_cie = cie < table_.size() && table_.number(id, 4) == 0u;
    const auto encoding = is_cie ? cie_encoding(table_, id + 4, space_) : std::nullopt;
    return encodings_.emplace(cie, encoding).first->second;
  }

  ByteView table_;
  Space space_;
  EhFrame result_;
  std::unordered_map<std::uint64_t, std::optional<std::uint8_t>> encodings_;
  bool saw_terminator_ = false;
};

}  // namespace

EhFrame parse_eh_frame(ByteView bytes, std::uint64_t address, int bits) {
  return EhFrameParser(bytes, Space{address, 0, bits}).parse();
}

std::optional<EhFrameHdr> parse_eh_frame_hdr(ByteView bytes, std::uint64_t address, int bits) {
  const Space space{address, address, bits};
  ByteCursor cursor(bytes);
  const std::uint64_t version = cursor.number(1);
  const auto pointer = static_cast<std::uint8_t>(cursor.number(1));
  const auto count = static_cast<std::uint8_t>(cursor.number(1));
  cursor.number(1);
  if (!cursor.ok() || version != 1) return std::nullopt;
  EhFrameHdr header;
  if (pointer != omit) header.eh_frame = encoded_pointer(cursor, pointer, space);
  if (count != omit) header.entries = encoded_pointer(cursor, count, space);
  if (!cursor.ok()) return std::nullopt;
  header.entries = std::min(header.entries, bytes.size());
  return header;
}

std::vector<std::uint64_t> parse_arm_exidx(ByteView bytes, std::uint64_t address) {
  std::vector<std::uint64_t> starts;
  for (std::uint64_t offset = 0; offset + 8 <= bytes.size(); offset += 8) {
    const std::uint64_t word = bytes.number(offset, 4).value_or(0) & 0x7fffffffu;
    const std::uint64_t distance = (word & 0x40000000u) != 0 ? word | 0xffffffff80000000u : word;
    starts.push_back((address + offset + distance) & 0xffffffffu);
  }
  return starts;
}

}  // namespace xtest
