// SPDX-License-Identifier: Apache-2.0
#pragma once

// Headers and sections of a PE file, and the way from an RVA to bytes. Used by pe.cc only.
//
// Refers to the caller's bytes, which must outlive it. Pure, one thread at a time; open() says why a file has no usable
// headers. Source: Microsoft's PE/COFF specification.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suites/inspect/bytes.h"
#include "suites/inspect/facts.h"

namespace xtest {

enum class PeDirectory : unsigned { imports = 1, exceptions = 3, tls = 9, delay_imports = 13 };

struct PeSymbol {
  std::string name;
  std::uint32_t value = 0;   // offset in its section
  std::int32_t section = 0;  // counted from 1
};

class PeImage {
 public:
  static std::expected<PeImage, std::string> open(std::span<const std::byte> bytes);

  int bits() const { return bits_; }
  unsigned pointer_size() const { return bits_ == 32 ? 4 : 8; }
  std::uint16_t machine() const { return machine_; }
  std::uint16_t characteristics() const { return characteristics_; }
  std::uint16_t subsystem() const { return subsystem_; }
  std::uint16_t dll_characteristics() const { return dll_characteristics_; }
  std::uint32_t entry() const { return entry_; }
  std::uint64_t image_base() const { return image_base_; }
  const std::vector<PeSection>& sections() const { return sections_; }

  AddressRange directory(PeDirectory which) const;   // empty range when absent
  ByteView bytes_at(std::uint64_t rva) const;        // to the end of the section's raw data, empty when unmapped
  bool is_code(std::uint64_t rva) const;
  bool has_symbols() const { return symbol_count_ > 0; }
  const PeSection* section(std::string_view name) const;
  std::vector<PeSymbol> find_symbols(std::string_view name) const;

 private:
  struct Raw {
    std::uint64_t offset, size;
  };

  std::expected<void, std::string> read_headers();
  void read_optional_header(std::uint64_t at, std::uint64_t size);
  void read_sections(std::uint64_t at, std::uint64_t count);
  std::string section_name(std::uint64_t at) const;
  std::string symbol_name(std::uint64_t at) const;

  ByteView view_;
  int bits_ = 0;
  std::uint16_t machine_ = 0, characteristics_ = 0, subsystem_ = 0, dll_characteristics_ = 0;
  std::uint32_t entry_ = 0;
  std::uint64_t image_base_ = 0, symbols_at_ = 0, symbol_count_ = 0;
  std::vector<AddressRange> directories_;
  std::vector<PeSection> sections_;
  std::vector<Raw> raw_;  // of the section with the same index
};

}  // namespace xtest
