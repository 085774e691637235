// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include "suites/inspect/elf_parts.h"

namespace xtest {
namespace {

constexpr std::uint64_t most_looked_at = 4096;  // entries followed to their code

bool is_kind(const ElfSection& section, std::string_view kind) {
  return section.name == kind || (section.name.starts_with(kind) && section.name[kind.size()] == '.');
}

// Pointers of an executable at a fixed address are final in the file; elsewhere relocations fill them.
bool pointers_are_final(const ElfImage& image) {
  const bool has_descriptors = image.header().e_machine == EM_PPC64 && (image.header().e_flags & 3) != 2;
  return image.header().e_type == ET_EXEC && !has_descriptors;
}

InitTable read_table(const ElfImage& image, const ElfSection& section, bool has_sentinels) {
  InitTable table{section.name, section.range(), 0, false, false, 0};
  const unsigned width = image.pointer_size();
  const ByteView bytes = image.bytes_of(section);
  const std::uint64_t minus_one = width == 4 ? 0xffffffffu : ~std::uint64_t{0};
  const std::uint64_t count = bytes.size() / width;
  std::uint64_t first = 0, last = count;
  if (has_sentinels && count > 0 && bytes.number(0, width) == minus_one) table.starts_with_sentinel = ++first == 1;
  if (has_sentinels && last > first && bytes.number((last - 1) * width, width) == 0u)
    table.ends_with_sentinel = last-- == count;
  table.entries = last - first;
  if (!pointers_are_final(image)) return table;
  for (std::uint64_t i = first; i < std::min(last, most_looked_at); ++i)
    if (!image.is_code(bytes.number(i * width, width).value_or(0) & ~std::uint64_t{1})) ++table.not_code;
  return table;
}

std::vector<InitTable> read_tables(const ElfImage& image, std::string_view kind, bool has_sentinels) {
  std::vector<InitTable> tables;
  for (const ElfSection& section : image.sections())
    if (is_kind(section, kind) && section.header.sh_size > 0)
      tables.push_back(read_table(image, section, has_sentinels));
  return tables;
}

std::optional<AddressRange> symbol_range(const std::vector<ElfSymbol>& symbols, std::string_view start,
                                         std::string_view end) {
  const auto first = std::ranges::find(symbols, start, &ElfSymbol::name);
  const auto last = std::ranges::find(symbols, end, &ElfSymbol::name);
  if (first == symbols.end() || last == symbols.end() || !first->is_defined() || !last->is_defined())
    return std::nullopt;
  if (last->raw.st_value < first->raw.st_value) return std::nullopt;
  return AddressRange{first->raw.st_value, last->raw.st_value - first->raw.st_value};
}

}  // namespace

void read_init(const ElfImage& image, const std::vector<ElfSymbol>& symbols, InitFacts& init) {
  init.init_arrays = read_tables(image, ".init_array", false);
  init.fini_arrays = read_tables(image, ".fini_array", false);
  init.preinit_arrays = read_tables(image, ".preinit_array", false);
  init.ctors = read_tables(image, ".ctors", true);
  init.dtors = read_tables(image, ".dtors", true);
  init.symbol_init_array = symbol_range(symbols, "__init_array_start", "__init_array_end");
}

}  // namespace xtest
