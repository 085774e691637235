// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "runner/base/text.h"
#include "suites/inspect/elf_parts.h"

namespace xtest {
namespace {

using Entries = std::multimap<std::uint64_t, std::uint64_t>;  // tag -> value

Entries dynamic_entries(const ElfImage& image, bool& present) {
  const GElf_Phdr* segment = image.segment(PT_DYNAMIC);
  const ElfSection* section = image.section(".dynamic");
  present = segment != nullptr || section != nullptr;
  ByteCursor cursor(segment != nullptr   ? image.bytes_of(*segment)
                    : section != nullptr ? image.bytes_of(*section)
                                         : ByteView());
  Entries entries;
  while (!cursor.at_end()) {
    const std::uint64_t tag = cursor.number(image.pointer_size());
    const std::uint64_t value = cursor.number(image.pointer_size());
    if (!cursor.ok() || tag == DT_NULL) break;
    entries.emplace(tag, value);
  }
  return entries;
}

std::optional<std::uint64_t> value_of(const Entries& entries, std::uint64_t tag) {
  const auto found = entries.find(tag);
  return found == entries.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> texts(const ElfImage& image, const Entries& entries, std::uint64_t tag) {
  const ByteView strings = image.bytes_at(value_of(entries, DT_STRTAB).value_or(0));
  std::vector<std::string> result;
  const auto [first, last] = entries.equal_range(tag);
  for (auto it = first; it != last; ++it)
    result.push_back(strings.text(it->second).value_or(fmt::format("<no string at {:#x}>", it->second)));
  return result;
}

std::vector<std::string> paths(const ElfImage& image, const Entries& entries, std::uint64_t tag) {
  std::vector<std::string> result;
  for (const std::string& list : texts(image, entries, tag))
    for (const std::string_view path : split(list, ':')) result.emplace_back(path);
  return result;
}

constexpr std::size_t most_segments = 64;  // a hostile file may have thousands, each asked for every relocation

std::vector<AddressRange> read_only_ranges(const ElfImage& image) {
  std::vector<AddressRange> ranges;
  for (const GElf_Phdr& segment : image.segments())
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0 && ranges.size() < most_segments)
      ranges.push_back({segment.p_vaddr, segment.p_memsz});
  return ranges;
}

// An all-zero r_info is a slot that the linker reserved and did not use (R_*_NONE).
std::uint64_t count_in_text(const ElfImage& image, const Entries& entries, std::uint64_t table, std::uint64_t size,
                            unsigned words) {
  const unsigned word = image.pointer_size();
  const ByteView all = image.bytes_at(value_of(entries, table).value_or(0));
  const std::uint64_t end = std::min(value_of(entries, size).value_or(0), all.size());
  const std::vector<AddressRange> ranges = read_only_ranges(image);
  std::uint64_t count = 0;
  for (std::uint64_t at = 0; at + words * word <= end; at += words * word) {
    const std::uint64_t where = *all.number(at, word);
    const auto holds = [where](const AddressRange& range) {
      return where >= range.address && where - range.address < range.size;
    };
    if (all.number(at + word, word) != 0u && std::ranges::any_of(ranges, holds)) ++count;
  }
  return count;
}

std::optional<AddressRange> init_range(const Entries& entries) {
  const auto address = value_of(entries, DT_INIT_ARRAY);
  if (!address) return std::nullopt;
  return AddressRange{*address, value_of(entries, DT_INIT_ARRAYSZ).value_or(0)};
}

// Version index -> name, for the versions that the file needs of others.
std::map<unsigned, std::string> needed_versions(const ElfImage& image) {
  std::map<unsigned, std::string> versions;
  for (const ElfSection& section : image.sections()) {
    if (section.header.sh_type != SHT_GNU_verneed) continue;
    const ByteView bytes = image.bytes_of(section);
    std::uint64_t need = 0;
    for (std::uint64_t left = bytes.size() / 16; left > 0; --left) {
      const auto count = bytes.number(need + 2, 2), first = bytes.number(need + 8, 4),
                 next = bytes.number(need + 12, 4);
      if (!count || !first || !next) break;
      std::uint64_t aux = need + *first;
      for (std::uint64_t i = 0; i < *count && left > 0; ++i, --left) {
        const auto index = bytes.number(aux + 6, 2), name = bytes.number(aux + 8, 4), step = bytes.number(aux + 12, 4);
        if (!index || !name || !step) break;
        const char* text = elf_strptr(image.handle(), section.header.sh_link, *name);
        if (text != nullptr) versions.emplace(static_cast<unsigned>(*index & 0x7fff), text);
        if (*step == 0) break;
        aux += *step;
      }
      if (*next == 0 || left == 0) break;
      need += *next;
    }
  }
  return versions;
}

std::vector<std::string> undefined_symbols(const ElfImage& image) {
  const auto versions = needed_versions(image);
  ByteView indexes;
  for (const ElfSection& section : image.sections())
    if (section.header.sh_type == SHT_GNU_versym) indexes = image.bytes_of(section);
  std::vector<std::string> result;
  for (const ElfSymbol& symbol : image.symbols(SHT_DYNSYM)) {
    if (symbol.is_defined() || symbol.name.empty()) continue;
    const auto index = indexes.number(symbol.index * 2, 2);
    const auto version = index ? versions.find(static_cast<unsigned>(*index & 0x7fff)) : versions.end();
    result.push_back(version == versions.end() ? symbol.name : symbol.name + "@" + version->second);
  }
  return result;
}

}  // namespace

DynamicFacts read_dynamic(const ElfImage& image, InitFacts& init) {
  DynamicFacts facts;
  const Entries entries = dynamic_entries(image, facts.present);
  const std::uint64_t flags = value_of(entries, DT_FLAGS).value_or(0);
  const std::uint64_t flags_1 = value_of(entries, DT_FLAGS_1).value_or(0);
  facts.needed = texts(image, entries, DT_NEEDED);
  for (std::string& name : texts(image, entries, DT_SONAME)) facts.soname = std::move(name);
  facts.rpath = paths(image, entries, DT_RPATH);
  facts.runpath = paths(image, entries, DT_RUNPATH);
  facts.text_relocations = entries.contains(DT_TEXTREL) || (flags & DF_TEXTREL) != 0;
  facts.bind_now = entries.contains(DT_BIND_NOW) || (flags & DF_BIND_NOW) != 0 || (flags_1 & DF_1_NOW) != 0;
  facts.pie_flag = (flags_1 & DF_1_PIE) != 0;
  facts.relocations_in_text =
      count_in_text(image, entries, DT_RELA, DT_RELASZ, 3) + count_in_text(image, entries, DT_REL, DT_RELSZ, 2);
  facts.undefined = undefined_symbols(image);
  init.dynamic_init_array = init_range(entries);
  init.has_init = entries.contains(DT_INIT) || image.section(".init") != nullptr;
  init.has_fini = entries.contains(DT_FINI) || image.section(".fini") != nullptr;
  return facts;
}

}  // namespace xtest
