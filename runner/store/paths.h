// SPDX-License-Identifier: Apache-2.0
// Where xtest keeps things between runs, after the XDG base directory specification.
//
//   cache   XTEST_CACHE_DIR, else XDG_CACHE_HOME/xtest, else HOME/.cache/xtest   can be deleted at any time
//   state   XTEST_STATE_DIR, else XDG_STATE_HOME/xtest, else HOME/.local/state/xtest
//
// Relative values of XDG variables are ignored, as the specification wants. The folders are made. The environment is
// read at every call, any thread that does not change it. A folder that cannot be made or used is Error{usage} naming
// it.
#pragma once

#include <filesystem>

namespace xtest {

std::filesystem::path cache_dir();
std::filesystem::path state_dir();

// `folder`, made if need be and writable; `remedy` ends the error.
std::filesystem::path usable_dir(std::filesystem::path folder, const std::string& remedy);

// CACHEDIR.TAG, so that backup programs leave the folder out (bford.info/cachedir); trouble is ignored.
void tag_as_cache(const std::filesystem::path& folder);

}  // namespace xtest
