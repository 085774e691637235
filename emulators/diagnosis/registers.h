// SPDX-License-Identifier: Apache-2.0
// The registers of each architecture: in which order Linux (NT_PRSTATUS), a debugger (gdb's `g` packet) and DWARF have
// them. Pure data, any thread.
#pragma once

#include "emulators/diagnosis/report.h"

#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct Architecture {
  std::string name;                        // as Target::arch
  int width = 8;                           // of a register, bytes
  bool big_endian = false;
  std::vector<std::string> kernel, debugger, dwarf;
  std::string pc, sp, link, frame;         // link: the return address' register, or empty (it is on the stack)
  std::string thread_pointer;              // what thread-local storage is found by, or empty
  int link_in_dwarf = -1;                  // its number, when it is not among `dwarf`
};

// Null: this one is not known.
const Architecture* architecture(std::string_view name);

// The one that `bytes` bytes of registers are of, on a machine that also runs 32-bit programs.
const Architecture* architecture_of(std::string_view machine, std::size_t bytes);

Registers decode_registers(const Architecture& arch, const std::vector<std::string>& order, std::string_view bytes);

}  // namespace xtest
