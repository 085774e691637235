// SPDX-License-Identifier: Apache-2.0
// Places in a Windows program: which file, the address as the file has it, the name by the target's addr2line.
//
// io_context thread; no errors: what is not there has no name.
#pragma once

#include "emulators/diagnosis/unwind.h"
#include "runner/base/asio.h"

#include <filesystem>

namespace xtest {

// Nothing: `pc` is in no file that begins as Windows programs do.
std::optional<Unwinder::InFile> in_pe_file(const SeenProcess& process, std::uint64_t pc);

// "write_field (null.c:26)", or nothing. `objdump` names the tools' folder and prefix.
Task<std::string> name_in_pe_file(std::filesystem::path objdump, Unwinder::InFile place);

}  // namespace xtest
