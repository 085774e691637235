// SPDX-License-Identifier: Apache-2.0
// Keeps an action cache below its bound: entries go least recently used first, then the content that no entry names.
//
// One process at a time (flock on ROOT/lock); if another prunes already, nothing is done. Young files stay, since
// another process may be about to name them. Trouble is logged and ends nothing. Any thread, but it reads the whole
// cache.
#pragma once

#include <cstdint>
#include <filesystem>

namespace xtest {

void prune_cache(const std::filesystem::path& root, std::uint64_t max_bytes);

}  // namespace xtest
