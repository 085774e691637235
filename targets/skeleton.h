// SPDX-License-Identifier: Apache-2.0
// The text of `xtest targets new TRIPLE`: a commented target file that loads as it is.
//
// What the triple tells is filled in (machine, bits, byte order, system, tool names, Go's and LLVM's spellings); what
// it cannot tell is written as the likely value with a comment that says how to find out. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace xtest {

// Throws Error{usage} if the text is no triple (two to four parts of letters, digits, _ and .).
std::string target_skeleton(std::string_view triple);

}  // namespace xtest
