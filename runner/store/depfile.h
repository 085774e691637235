// SPDX-License-Identifier: Apache-2.0
// The dependencies that a compiler writes as a makefile (gcc and clang -MD, rustc --emit=dep-info).
//
// Escapes are those of GNU make as these compilers write them: `\ ` and `\#`, `\:`, `$$`, 2N+1 backslashes before a
// space are N of them and the space, backslash newline goes on; `#` begins a comment. Phony rules (-MP) have no
// prerequisites and add nothing. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace xtest {

// Every prerequisite once, in the order of the text.
std::vector<std::string> parse_depfile(std::string_view text);

}  // namespace xtest
