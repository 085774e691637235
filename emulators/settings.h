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
int number_of(const ExecutorSpec& spec, const std::string& key, int otherwise);          // a positive one
std::vector<std::string> words_of(const ExecutorSpec& spec, const std::string& key);     // separated by blanks

// The agent's words for a private namespace in which the setting `overlay` (LOWER:TARGET ...) puts the target's loader
// and libraries at their real paths. The host's ld.so.cache is hidden there: it would pair the target's loader with
// another libc of the same architecture.
std::vector<std::string> overlay_args(const ExecutorSpec& spec);

// Writes an executable file (mode 0755), making its folder. Throws Error{infra} with the path.
void write_program(const std::filesystem::path& file, std::string_view bytes);

}  // namespace xtest
