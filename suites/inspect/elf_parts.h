// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parts of the ELF reader, each filling its own facts from an opened image. Used by elf.cc only.
//
// Pure functions; a part that the file lacks or that is broken stays empty. Sources: gABI, LSB, ARM EHABI.

#include <vector>

#include "suites/inspect/elf_image.h"
#include "suites/inspect/facts.h"

namespace xtest {

DynamicFacts read_dynamic(const ElfImage& image, InitFacts& init);
std::vector<AbiNote> read_notes(const ElfImage& image);
void read_init(const ElfImage& image, const std::vector<ElfSymbol>& symbols, InitFacts& init);
UnwindFacts read_unwind(const ElfImage& image, const std::vector<ElfSymbol>& symbols);
std::uint32_t arm_object_flags(const ElfImage& image);  // e_flags with the float ABI that .ARM.attributes tells

}  // namespace xtest
