// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/elf_image.h"

#include <algorithm>

#include <fmt/format.h>

namespace xtest {
namespace {

bool holds(const AddressRange& range, std::uint64_t address) {
  return address >= range.address && address - range.address < range.size;
}

}  // namespace

ElfImage::ElfImage(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {}

std::expected<std::unique_ptr<ElfImage>, std::string> ElfImage::open(std::span<const std::byte> bytes) {
  if (bytes.size() < EI_NIDENT || ByteView(bytes.first(4), ByteOrder::little).chars() != ELFMAG)
    return std::unexpected("not an ELF file: no ELF magic number at its start");
  if (elf_version(EV_CURRENT) == EV_NONE)
    return std::unexpected("libelf is too old for ELF version 1; update elfutils");
  std::unique_ptr<ElfImage> image(new ElfImage(bytes));
  if (auto read = image->read_headers(); !read) return std::unexpected(read.error());
  image->read_segments();
  image->read_sections();
  return image;
}

std::expected<void, std::string> ElfImage::read_headers() {
  elf_.reset(elf_memory(reinterpret_cast<char*>(bytes_.data()), bytes_.size()));
  if (elf_ == nullptr || elf_kind(elf_.get()) != ELF_K_ELF || gelf_getehdr(elf_.get(), &header_) == nullptr)
    return std::unexpected(fmt::format("not a readable ELF file: {}", elf_errmsg(-1)));
  bits_ = header_.e_ident[EI_CLASS] == ELFCLASS32 ? 32 : 64;
  const ByteOrder order = header_.e_ident[EI_DATA] == ELFDATA2MSB ? ByteOrder::big : ByteOrder::little;
  view_ = ByteView(bytes_, order);
  return {};
}

void ElfImage::read_segments() {
  std::size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) return;
  count = std::min(count, bytes_.size() / sizeof(Elf32_Phdr));
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &segment) != nullptr) segments_.push_back(segment);
  }
}

void ElfImage::read_sections() {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) names = 0;
  for (Elf_Scn* scn = elf_nextscn(elf_.get(), nullptr); scn != nullptr; scn = elf_nextscn(elf_.get(), scn)) {
    ElfSection section;
    section.index = elf_ndxscn(scn);
    if (gelf_getshdr(scn, &section.header) == nullptr) continue;
    const char* name = names == 0 ? nullptr : elf_strptr(elf_.get(), names, section.header.sh_name);
    if (name != nullptr) section.name = name;
    sections_.push_back(std::move(section));
  }
}

const ElfSection* ElfImage::section(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &ElfSection::name);
  return found == sections_.end() ? nullptr : &*found;
}

const GElf_Phdr* ElfImage::segment(std::uint32_t type) const {
  const auto found = std::ranges::find(segments_, type, &GElf_Phdr::p_type);
  return found == segments_.end() ? nullptr : &*found;
}

ByteView ElfImage::bytes_of(const ElfSection& section) const {
  if (section.header.sh_type == SHT_NOBITS) return {};
  return view_.slice(section.header.sh_offset, section.header.sh_size).value_or(ByteView({}, view_.order()));
}

ByteView ElfImage::bytes_of(const GElf_Phdr& segment) const {
  return view_.slice(segment.p_offset, segment.p_filesz).value_or(ByteView({}, view_.order()));
}

ByteView ElfImage::bytes_at(std::uint64_t address) const {
  for (const auto& segment : segments_)
    if (segment.p_type == PT_LOAD && holds({segment.p_vaddr, segment.p_filesz}, address))
      return bytes_of(segment).from(address - segment.p_vaddr);
  for (const auto& section : sections_)
    if (section.is_loaded() && holds(section.range(), address))
      return bytes_of(section).from(address - section.header.sh_addr);
  return ByteView({}, view_.order());
}

bool ElfImage::is_code(std::uint64_t address) const {
  for (const auto& section : sections_)
    if (section.is_code() && holds(section.range(), address)) return true;
  if (!sections_.empty()) return false;
  return std::ranges::any_of(segments_, [&](const GElf_Phdr& segment) {
    return segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 &&
           holds({segment.p_vaddr, segment.p_memsz}, address);
  });
}

std::vector<ElfSymbol> ElfImage::symbols(std::uint32_t section_type) const {
  const auto table =
      std::ranges::find_if(sections_, [&](const ElfSection& s) { return s.header.sh_type == section_type; });
  if (table == sections_.end() || table->header.sh_entsize == 0) return {};
  Elf_Data* data = elf_getdata(elf_getscn(elf_.get(), table->index), nullptr);
  if (data == nullptr) return {};
  const std::size_t count = std::min<std::size_t>(data->d_size, bytes_.size()) / sizeof(Elf32_Sym);
  std::vector<ElfSymbol> symbols;
  for (std::size_t i = 0; i < count; ++i) {
    ElfSymbol symbol;
    symbol.index = i;
    if (gelf_getsym(data, static_cast<int>(i), &symbol.raw) == nullptr) break;
    const char* name = elf_strptr(elf_.get(), table->header.sh_link, symbol.raw.st_name);
    if (name != nullptr) symbol.name = name;
    symbols.push_back(std::move(symbol));
  }
  return symbols;
}

}  // namespace xtest
