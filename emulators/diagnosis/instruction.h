// SPDX-License-Identifier: Apache-2.0
// One instruction as the target's objdump writes it, and the memory it touches by the registers of the moment.
//
// Understands the operands of GNU and LLVM disassemblers for x86 (AT&T), Arm, RISC-V, s390x and PowerPC. Pure but for
// disassemble(), which runs objdump: io_context thread.
#pragma once

#include "emulators/diagnosis/registers.h"
#include "runner/base/asio.h"

#include <filesystem>

namespace xtest {

struct Touched {
  std::uint64_t address = 0;
  std::string from;                        // the registers it is made of: "rax = 0x0"
};

// Nothing: it touches no memory, or in a way that is not understood.
std::optional<Touched> touched_by(const std::string& instruction, const Architecture& arch, const Registers& registers);

// The instruction at `address` of the file, or nothing.
Task<std::string> disassemble(std::filesystem::path objdump, std::string file, std::uint64_t address);

}  // namespace xtest
