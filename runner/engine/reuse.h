// SPDX-License-Identifier: Apache-2.0
// The text form of passes that a later run may take over (`--reuse-results`): only durations, since a pass has no more.
#pragma once

#include "runner/model/observed.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

std::string text_from_passes(std::span<const Observed> passes);
// Nothing if the text is damaged or is not about `count` cases.
std::optional<std::vector<Observed>> passes_from_text(std::string_view text, std::size_t count);

}  // namespace xtest
