// SPDX-License-Identifier: Apache-2.0
#pragma once

// The opened ELF file that the parts of the ELF reader share: libelf's handle, the bytes it lies in, and the headers as
// plain values. Used by elf*.cc only.
//
// Owns its copy of the bytes, since libelf wants them writable; spans and views into it die with it. Not copyable or
// movable. One thread at a time. open() refuses what has no usable header; a broken table afterwards is an empty table.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gelf.h>

#include "suites/inspect/bytes.h"
#include "suites/inspect/facts.h"

namespace xtest {

struct ElfSection {
  std::size_t index = 0;
  std::string name;
  GElf_Shdr header{};
  bool is_code() const { return (header.sh_flags & SHF_EXECINSTR) != 0; }
  bool is_loaded() const { return (header.sh_flags & SHF_ALLOC) != 0; }
  AddressRange range() const { return {header.sh_addr, header.sh_size}; }
};

struct ElfSymbol {
  std::string name;
  GElf_Sym raw{};
  std::size_t index = 0;
  int type() const { return GELF_ST_TYPE(raw.st_info); }
  bool is_defined() const { return raw.st_shndx != SHN_UNDEF; }
};

class ElfImage {
 public:
  static std::expected<std::unique_ptr<ElfImage>, std::string> open(std::span<const std::byte> bytes);
  ElfImage(const ElfImage&) = delete;
  ElfImage& operator=(const ElfImage&) = delete;

  const GElf_Ehdr& header() const { return header_; }
  int bits() const { return bits_; }
  unsigned pointer_size() const { return bits_ == 32 ? 4 : 8; }
  ByteView view() const { return view_; }
  const std::vector<ElfSection>& sections() const { return sections_; }
  const std::vector<GElf_Phdr>& segments() const { return segments_; }

  const ElfSection* section(std::string_view name) const;
  const GElf_Phdr* segment(std::uint32_t type) const;
  ByteView bytes_of(const ElfSection& section) const;            // empty for NOBITS or what lies outside the file
  ByteView bytes_of(const GElf_Phdr& segment) const;
  ByteView bytes_at(std::uint64_t address) const;                // to the end of its segment or section
  bool is_code(std::uint64_t address) const;                     // in an executable section, else segment
  std::vector<ElfSymbol> symbols(std::uint32_t section_type) const;  // SHT_SYMTAB or SHT_DYNSYM
  Elf* handle() const { return elf_.get(); }

 private:
  struct End {
    void operator()(Elf* elf) const { elf_end(elf); }
  };

  explicit ElfImage(std::span<const std::byte> bytes);
  std::expected<void, std::string> read_headers();
  void read_segments();
  void read_sections();

  std::vector<std::byte> bytes_;
  std::unique_ptr<Elf, End> elf_;
  GElf_Ehdr header_{};
  int bits_ = 0;
  ByteView view_;
  std::vector<ElfSection> sections_;
  std::vector<GElf_Phdr> segments_;
};

}  // namespace xtest
