// SPDX-License-Identifier: Apache-2.0
// What a look (report.h) means, in words for people: the signal and its address, the instruction and what it touched, the
// callers; of a hang, where each thread stands.
//
// Runs the target's objdump and reads the programs' files. Never throws for what it finds; an empty text: nothing to tell.
// io_context thread.
#pragma once

#include "runner/base/asio.h"
#include "targets/target.h"

#include <filesystem>
#include <string>

namespace xtest {

// The target's own objdump, or LLVM's, which knows every architecture; empty: there is none on `path`.
std::filesystem::path find_objdump(const Target& target, const std::string& path);

Task<std::string> explain_look(std::string look, std::string arch, std::filesystem::path objdump);

}  // namespace xtest
