// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "suites/inspect/eh_frame.h"
#include "suites/inspect/elf_parts.h"

namespace xtest {
namespace {

struct Function {
  std::uint64_t address;
  std::string name;
};

bool is_code_section(const ElfImage& image, std::uint32_t index) {
  const auto& sections = image.sections();  // in order of their indexes, without the empty section 0
  return index > 0 && index <= sections.size() && sections[index - 1].index == index && sections[index - 1].is_code();
}

std::vector<Function> sized_functions(const ElfImage& image, const std::vector<ElfSymbol>& symbols) {
  const std::uint64_t mask = image.header().e_machine == EM_ARM ? ~std::uint64_t{1} : ~std::uint64_t{0};
  std::vector<Function> functions;
  for (const ElfSymbol& symbol : symbols) {
    const bool is_function = symbol.type() == STT_FUNC || symbol.type() == STT_GNU_IFUNC;
    if (is_function && symbol.raw.st_size > 0 && is_code_section(image, symbol.raw.st_shndx))
      functions.push_back({symbol.raw.st_value & mask, symbol.name});
  }
  return functions;
}

// Ranges sorted by address; a function is covered by the last range that begins at or before it. Functions that share
// their bytes overlap rarely, so the few ranges before that one are looked at too.
bool covers(const std::vector<AddressRange>& ranges, std::uint64_t address) {
  constexpr int look_back = 8;
  auto it = std::ranges::upper_bound(ranges, address, {}, &AddressRange::address);
  for (int i = 0; i < look_back && it != ranges.begin(); ++i) {
    --it;
    if (address - it->address < it->size) return true;
  }
  return false;
}

void read_exidx(const ElfImage& image, const std::vector<Function>& functions, UnwindFacts& facts) {
  const GElf_Phdr* segment = image.segment(PT_ARM_EXIDX);
  const ElfSection* section = image.section(".ARM.exidx");
  if (segment == nullptr && section == nullptr) return;
  const ByteView bytes = segment != nullptr ? image.bytes_of(*segment) : image.bytes_of(*section);
  const std::uint64_t address = segment != nullptr ? segment->p_vaddr : section->header.sh_addr;
  if (segment != nullptr) facts.arm_exidx = AddressRange{address, bytes.size()};
  const std::vector<std::uint64_t> starts = parse_arm_exidx(bytes, address);
  facts.arm_exidx_entries = starts.size();
  if (starts.empty()) return;
  const std::uint64_t lowest = std::ranges::min(starts);
  std::set<std::string> uncovered;
  for (const Function& function : functions)
    if (function.address < lowest) uncovered.insert(function.name);
  facts.uncovered.assign(uncovered.begin(), uncovered.end());
}

void read_eh_frame(const ElfImage& image, const std::vector<Function>& functions, UnwindFacts& facts) {
  const GElf_Phdr* segment = image.segment(PT_GNU_EH_FRAME);
  std::optional<EhFrameHdr> header;
  if (segment != nullptr) header = parse_eh_frame_hdr(image.bytes_of(*segment), segment->p_vaddr, image.bits());
  facts.has_eh_frame_hdr = segment != nullptr;
  facts.eh_frame_hdr_entries = header ? header->entries : 0;
  const ElfSection* section = image.section(".eh_frame");
  ByteView bytes;
  if (section != nullptr) {
    bytes = image.bytes_of(*section);
    facts.eh_frame = section->range();
  } else if (image.sections().empty() && header && header->eh_frame) {
    bytes = image.bytes_at(*header->eh_frame);
    facts.eh_frame = AddressRange{*header->eh_frame, bytes.size()};
  }
  if (!facts.eh_frame || image.header().e_type == ET_REL) return;
  EhFrame table = parse_eh_frame(bytes, facts.eh_frame->address, image.bits());
  facts.fde_count = table.functions.size();
  if (section != nullptr) facts.eh_frame_error = std::move(table.error);
  facts.terminator_before_end = section != nullptr && table.terminator_before_end;
  std::ranges::sort(table.functions, {}, &AddressRange::address);
  std::set<std::string> uncovered;
  for (const Function& function : functions)
    if (!covers(table.functions, function.address)) uncovered.insert(function.name);
  facts.uncovered.assign(uncovered.begin(), uncovered.end());
}

}  // namespace

UnwindFacts read_unwind(const ElfImage& image, const std::vector<ElfSymbol>& symbols) {
  UnwindFacts facts;
  const std::vector<Function> functions = sized_functions(image, symbols);
  facts.functions = functions.size();
  facts.registers_frames = std::ranges::any_of(symbols, [](const ElfSymbol& symbol) {
    return symbol.name == "__register_frame_info" && symbol.is_defined();
  });
  read_eh_frame(image, functions, facts);
  if (image.header().e_machine == EM_ARM) read_exidx(image, functions, facts);
  return facts;
}

}  // namespace xtest
