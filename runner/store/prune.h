// SPDX-License-Identifier: Apache-2.0
// Keeps an action cache below its bound: entries go least recently used first, then the content that no entry names.
//
// One process at a time (flock on ROOT/lock); if another prunes already, nothing is done. Young files stay, since
// another process may be about to name them. It reads the whole cache, so it does so at most every ten minutes, or when
// the caller has `stored` a good part of the bound. Trouble is logged and ends nothing. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>

namespace xtest {

void prune_cache(const std::filesystem::path& root, std::uint64_t max_bytes, std::uint64_t stored);

}  // namespace xtest
