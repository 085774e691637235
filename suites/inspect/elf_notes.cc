// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suites/inspect/elf_parts.h"

namespace xtest {
namespace {

constexpr std::size_t most_notes = 64;
constexpr std::uint64_t tag_file = 1, tag_abi_vfp_args = 28, tag_compatibility = 32;
constexpr std::uint32_t arm_float_soft = 0x200, arm_float_hard = 0x400;

std::string gnu_system(std::uint64_t number) {
  constexpr std::array<const char*, 6> names = {"linux", "hurd", "solaris", "freebsd", "netbsd", "syllable"};
  return number < names.size() ? names[number] : fmt::format("gnu-system-{}", number);
}

std::optional<AbiNote> abi_note(const std::string& owner, ByteView value) {
  const std::uint64_t first = value.number(0, 4).value_or(0);
  if (owner == "GNU" && value.size() >= 16)
    return AbiNote{gnu_system(first),
                   fmt::format("{}.{}.{}", *value.number(4, 4), *value.number(8, 4), *value.number(12, 4))};
  if (value.size() < 4) return std::nullopt;
  if (owner == "FreeBSD") return AbiNote{"freebsd", fmt::format("{}.{}", first / 100000, first % 100000 / 1000)};
  if (owner == "NetBSD") return AbiNote{"netbsd", fmt::format("{}.{}", first / 100000000, first / 1000000 % 100)};
  if (owner == "DragonFly") return AbiNote{"dragonfly", fmt::format("{}.{}", first / 100000, first % 100000 / 100)};
  if (owner == "OpenBSD") return AbiNote{"openbsd", ""};
  if (owner == "Android") return AbiNote{"android", fmt::format("{}", first)};
  return std::nullopt;
}

void add_notes(ByteView bytes, std::uint64_t alignment, std::vector<AbiNote>& notes) {
  const std::uint64_t step = alignment == 8 ? 8 : 4;
  const auto padded = [step](std::uint64_t size) { return (size + step - 1) / step * step; };
  std::uint64_t offset = 0;
  while (notes.size() < most_notes) {
    const auto name_size = bytes.number(offset, 4), value_size = bytes.number(offset + 4, 4),
               type = bytes.number(offset + 8, 4);
    if (!name_size || !value_size || !type) return;
    const std::uint64_t value_at = offset + padded(12 + *name_size);
    const auto value = bytes.slice(value_at, *value_size);
    const auto owner = bytes.text(offset + 12, *name_size);
    const auto note = *type == 1 && owner && value ? abi_note(*owner, *value) : std::nullopt;
    const auto same = [&](const AbiNote& known) { return known.os == note->os && known.version == note->version; };
    if (note && std::ranges::none_of(notes, same)) notes.push_back(*note);
    offset = value_at + padded(*value_size);
  }
}

// The value of Tag_ABI_VFP_args in the "aeabi" attributes of the whole file.
std::optional<std::uint64_t> arm_vfp_args(ByteView bytes) {
  ByteCursor cursor(bytes);
  if (cursor.number(1) != 'A') return std::nullopt;
  cursor.number(4);
  if (cursor.text(16) != "aeabi" || cursor.uleb() != tag_file) return std::nullopt;
  cursor.number(4);
  while (!cursor.at_end()) {
    const std::uint64_t tag = cursor.uleb();
    const bool is_text = tag == 4 || tag == 5 || tag == 65 || tag == 67 || (tag > tag_compatibility && tag % 2 == 1);
    if (tag == tag_compatibility) cursor.uleb();
    if (is_text || tag == tag_compatibility) {
      cursor.text(4096);
      continue;
    }
    const std::uint64_t value = cursor.uleb();
    if (cursor.ok() && tag == tag_abi_vfp_args) return value;
  }
  return std::nullopt;
}

}  // namespace

std::vector<AbiNote> read_notes(const ElfImage& image) {
  std::vector<AbiNote> notes;
  for (const GElf_Phdr& segment : image.segments())
    if (segment.p_type == PT_NOTE) add_notes(image.bytes_of(segment), segment.p_align, notes);
  if (!image.segments().empty()) return notes;
  for (const ElfSection& section : image.sections())
    if (section.header.sh_type == SHT_NOTE) add_notes(image.bytes_of(section), section.header.sh_addralign, notes);
  return notes;
}

std::uint32_t arm_object_flags(const ElfImage& image) {
  const std::uint32_t flags = image.header().e_flags;
  const ElfSection* attributes = image.section(".ARM.attributes");
  if (attributes == nullptr || image.header().e_type != ET_REL) return flags;
  const auto vfp_args = arm_vfp_args(image.bytes_of(*attributes));
  return flags | (vfp_args == 1u ? arm_float_hard : arm_float_soft);
}

}  // namespace xtest
