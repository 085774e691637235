// SPDX-License-Identifier: Apache-2.0
// Small things executors share: reading their settings from a target file, putting a program on disk.
#pragma once

#include "targets/target.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

std::string setting(const ExecutorSpec& spec, const std::string& key);                   // "" when it is not there
std::vector<std::string> words_of(const ExecutorSpec& spec, const std::string& key);     // separated by blanks

// Writes an executable file (mode 0755), making its folder. Throws Error{infra} with the path.
void write_program(const std::filesystem::path& file, std::string_view bytes);

}  // namespace xtest
