// SPDX-License-Identifier: Apache-2.0
// `xtest exec` as a client of the broker: hands over words, environment, folder and descriptors 0-2, forwards signals,
// carries bytes where descriptors cannot go, and returns the program's exit code.
//
// Nothing but the C and C++ libraries: this is what makes a warm call fast. For a process that does nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace xtest {

// `words`: what follows `xtest exec`. With `terminal` the program gets one of its own, of the size of ours. Nothing: no
// session for this is up, and nothing has been done.
std::optional<int> call_warm(const std::vector<std::string>& words, bool terminal = false);

}  // namespace xtest
