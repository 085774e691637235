// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/pe.h"

#include <fmt/format.h>

#include "suites/inspect/pe_image.h"

namespace xtest {
namespace {

constexpr std::uint16_t is_dll = 0x2000;
constexpr std::uint64_t most_dlls = 1024, most_imports = 65536, most_callbacks = 1024, longest_name = 1024;
constexpr std::uint64_t import_size = 20, delay_import_size = 32;

std::string text_at(const PeImage& image, std::uint64_t rva) {
  return image.bytes_at(rva).text(0, longest_name).value_or(fmt::format("<no string at {:#x}>", rva));
}

// `budget` bounds the symbols of the whole file: tables of a hostile one may overlap.
std::vector<std::string> imported_symbols(const PeImage& image, std::uint64_t table, std::uint64_t& budget) {
  std::vector<std::string> symbols;
  const unsigned width = image.pointer_size();
  const std::uint64_t by_ordinal = std::uint64_t{1} << (8 * width - 1);
  ByteCursor cursor(image.bytes_at(table));
  for (; budget > 0; --budget) {
    const std::uint64_t entry = cursor.number(width);
    if (!cursor.ok() || entry == 0) break;
    symbols.push_back((entry & by_ordinal) != 0 ? fmt::format("#{}", entry & 0xffff)
                                                : text_at(image, (entry & 0x7fffffff) + 2));
  }
  return symbols;
}

void read_imports(const PeImage& image, std::uint64_t& budget, std::vector<PeImport>& imports) {
  const ByteView table = image.bytes_at(image.directory(PeDirectory::imports).address);
  for (std::uint64_t at = 0; imports.size() < most_dlls; at += import_size) {
    const auto lookup = table.number(at, 4), name = table.number(at + 12, 4), addresses = table.number(at + 16, 4);
    if (!lookup || !name || !addresses || *name == 0) return;
    imports.push_back(
        {text_at(image, *name), imported_symbols(image, *lookup != 0 ? *lookup : *addresses, budget), false});
  }
}

// Attribute bit 0 says that the fields are RVAs; old files have addresses instead.
void read_delay_imports(const PeImage& image, std::uint64_t& budget, std::vector<PeImport>& imports) {
  const ByteView table = image.bytes_at(image.directory(PeDirectory::delay_imports).address);
  for (std::uint64_t at = 0; imports.size() < most_dlls; at += delay_import_size) {
    const auto attributes = table.number(at, 4), name = table.number(at + 4, 4), names = table.number(at + 16, 4);
    if (!attributes || !name || !names || *name == 0) return;
    const std::uint64_t base = (*attributes & 1) != 0 ? 0 : image.image_base();
    imports.push_back({text_at(image, *name - base), imported_symbols(image, *names - base, budget), true});
  }
}

void read_exceptions(const PeImage& image, PeFacts& pe) {
  const AddressRange directory = image.directory(PeDirectory::exceptions);
  pe.has_pdata = directory.size > 0;
  pe.has_xdata = image.section(".xdata") != nullptr;
  const ByteView all = image.bytes_at(directory.address);
  const ByteView table = all.slice(0, directory.size).value_or(all);
  const bool is_x86_64 = image.machine() == 0x8664;
  const std::uint64_t entry_size = is_x86_64 ? 12 : 8;
  std::uint64_t previous = 0;
  for (std::uint64_t at = 0; at + entry_size <= table.size(); at += entry_size) {
    const std::uint64_t begin = *table.number(at, 4);
    const std::uint64_t info = *table.number(at + entry_size - 4, 4);
    if (begin == 0 && info == 0) continue;
    ++pe.pdata_entries;
    if (!image.is_code(begin)) ++pe.pdata_outside_code;
    if (begin < previous) pe.pdata_sorted = false;
    if (image.bytes_at(info).size() > 0) pe.has_xdata = true;
    previous = begin;
  }
}

std::optional<TlsFacts> read_tls(const PeImage& image) {
  const AddressRange directory = image.directory(PeDirectory::tls);
  if (directory.size == 0) return std::nullopt;
  const unsigned width = image.pointer_size();
  const ByteView table = image.bytes_at(directory.address);
  const std::uint64_t start = table.number(0, width).value_or(0), end = table.number(width, width).value_or(0);
  const std::uint64_t callbacks = table.number(3 * width, width).value_or(0);
  TlsFacts tls;
  tls.file_size = end > start ? end - start : 0;
  const std::uint64_t alignment = table.number(4 * width + 4, 4).value_or(0) >> 20 & 15;
  tls.alignment = alignment == 0 ? 0 : std::uint64_t{1} << (alignment - 1);
  ByteCursor cursor(image.bytes_at(callbacks - image.image_base()));
  while (callbacks != 0 && tls.callbacks < most_callbacks && cursor.number(width) != 0) ++tls.callbacks;
  return tls;
}

// MinGW keeps .ctors inside .text: __CTOR_LIST__ is a word of ones, the constructors, a word of zeros.
void read_constructors(const PeImage& image, std::vector<InitTable>& ctors) {
  const std::string name = image.bits() == 32 ? "___CTOR_LIST__" : "__CTOR_LIST__";
  for (const PeSymbol& symbol : image.find_symbols(name)) {
    if (symbol.section < 1 || static_cast<std::size_t>(symbol.section) > image.sections().size()) continue;
    const PeSection& section = image.sections()[static_cast<std::size_t>(symbol.section) - 1];
    const std::uint64_t address = section.range.address + symbol.value;
    const unsigned width = image.pointer_size();
    ByteCursor cursor(image.bytes_at(address));
    InitTable table{section.name, {address, 0}, 0, false, false, 0};
    table.starts_with_sentinel = cursor.number(width) == (width == 4 ? 0xffffffffu : ~std::uint64_t{0});
    while (cursor.ok()) {
      const std::uint64_t pointer = cursor.number(width);
      table.ends_with_sentinel = cursor.ok() && pointer == 0;
      if (!cursor.ok() || pointer == 0) break;
      ++table.entries;
      if (!image.is_code(pointer - image.image_base())) ++table.not_code;
    }
    table.range.size = cursor.position();
    ctors.push_back(table);
    return;
  }
}

}  // namespace

std::expected<FileFacts, std::string> read_pe(std::span<const std::byte> bytes) {
  const auto image = PeImage::open(bytes);
  if (!image) return std::unexpected(image.error());
  FileFacts facts;
  facts.format = FileFormat::pe;
  facts.bits = image->bits();
  facts.machine = image->machine();
  facts.machine_name = machine_name(FileFormat::pe, image->machine());
  facts.type = (image->characteristics() & is_dll) != 0 ? FileType::dynamic : FileType::executable;
  facts.entry = image->entry();
  facts.entry_in_code = image->is_code(image->entry());
  facts.has_sections = !image->sections().empty();
  facts.has_symbols = image->has_symbols();
  facts.tls = read_tls(*image);
  read_constructors(*image, facts.init.ctors);
  PeFacts pe;
  pe.subsystem = image->subsystem();
  pe.characteristics = image->characteristics();
  pe.dll_characteristics = image->dll_characteristics();
  pe.sections = image->sections();
  pe.has_symbols = image->has_symbols();
  std::uint64_t budget = most_imports;
  read_imports(*image, budget, pe.imports);
  read_delay_imports(*image, budget, pe.imports);
  read_exceptions(*image, pe);
  facts.pe = std::move(pe);
  return facts;
}

}  // namespace xtest
