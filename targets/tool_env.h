// SPDX-License-Identifier: Apache-2.0
// The environment compilers run in: fixed, nothing of the user's, with the program's own folder first on PATH so that a
// toolchain outside the usual folders finds its assembler and linker. Pure, any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

std::vector<std::string> tool_environment(const std::filesystem::path& program,
                                          const std::vector<std::string>& extra = {});

}  // namespace xtest
