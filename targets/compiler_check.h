// SPDX-License-Identifier: Apache-2.0
// Whether a C or C++ compiler really makes programs for a target, judged by what it says when it is used.
//
// Seen in the wild: a clang that takes the host's headers for a foreign target, a musl wrapper that tells the host's
// name, a cross gcc without its C library's headers. ask_compiler() runs the program three times (--version,
// -dumpmachine, and a preprocessing of <stdio.h> that shows the macros and the header's path), io_context thread; the
// judgement is pure.
#pragma once

#include "runner/base/asio.h"
#include "targets/host.h"
#include "targets/target.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct CompilerFacts {
  std::string version;                        // first line of --version
  std::string machine;                        // -dumpmachine
  std::map<std::string, std::string> macros;  // predefined and <stdio.h>'s
  std::string stdio;                          // path of the <stdio.h> it took, or empty
  std::string trouble;                        // why preprocessing failed, or empty
};

struct Refusal {
  std::string why;
  std::string remedy;                         // empty: install another one
};

Task<CompilerFacts> ask_compiler(std::filesystem::path program, Language language, std::vector<std::string> flags,
                                 std::vector<std::string> env);

// The path of a program that the driver starts ("as", "ld", "cc1"), or its bare name where it would look for it on PATH.
Task<std::string> ask_for_helper(std::filesystem::path program, std::string name, std::vector<std::string> flags,
                                 std::vector<std::string> env);

// Reads the output of `-dM -E -H` into facts; clang names a header that does not compile only in its complaint.
void read_macros(std::string_view output, CompilerFacts& facts);
void read_headers(std::string_view listing, CompilerFacts& facts);

std::optional<Refusal> judge_compiler(const Target& target, Language language, const CompilerFacts& facts,
                                      const HostFacts& host);

}  // namespace xtest
