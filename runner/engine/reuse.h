// SPDX-License-Identifier: Apache-2.0
// The text form of passes that a later run may take over (`--reuse-results`): only durations, since a pass has no more.
#pragma once

#include "runner/model/observed.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

std::string text_from_passes(std::span<const Observed> passes);
// Nothing if the text is damaged or is not about `count` cases.
std::optional<std::vector<Observed>> passes_from_text(std::string_view text, std::size_t count);

// What each library that was read names itself, so that a C library is read once a run.
using KnownLibraries = std::map<std::filesystem::path, std::optional<std::vector<std::string>>>;

// The libraries a dynamic program loads, found in these folders, their own libraries included; they decide its result as
// much as the program does. Nothing if one is not found or the file is not understood: then nothing may be taken over.
std::optional<std::vector<std::filesystem::path>> libraries_of(const std::filesystem::path& program,
                                                               std::span<const std::filesystem::path> folders,
                                                               KnownLibraries& known);

}  // namespace xtest
