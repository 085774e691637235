// SPDX-License-Identifier: Apache-2.0
// Finding a target's compilers on this machine and finding out whether they can be trusted.
//
// Every name of `try:` is looked up on PATH; a program counts only if it really compiles for the target: -dumpmachine
// says one of its names, the predefined macros are its processor's and system's, and <stdio.h> is not this host's. What
// it said is the identity that goes into cache keys and reports; it is kept in the cache by the program's path, size
// and time, so that a warm start runs no process. It runs host programs, so it belongs to the io_context thread.
#pragma once

#include "runner/base/asio.h"
#include "targets/host.h"
#include "targets/target.h"

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct Toolchain {
  Language language = Language::c;
  std::string name;                       // stream part: "gcc", "clang", "go", "rustc"
  std::filesystem::path program;          // absolute
  std::string version;                    // first line of --version
  std::string identity;                   // version, target, digest of path, size and time of it and its as, ld, cc1
  CompilerSpec spec;                      // the target's, with what this machine adds to the flags (--sysroot, linker)
  std::vector<std::string> env;           // "K=V", exact environment for its processes
};

struct ToolchainProblem {
  std::string why;                        // "no C++ compiler for TRIPLE: looked for a, b"
  std::string remedy;                     // "apt-get install g++-aarch64-linux-gnu", or empty
};

using FoundToolchain = std::expected<Toolchain, ToolchainProblem>;

// Where to look: a PATH, a folder kept between runs, the facts of this machine.
struct ToolSearch {
  std::string path;
  std::filesystem::path cache;
  HostFacts host;
};

ToolSearch usual_search(std::filesystem::path cache);   // this machine's, with the user's PATH

Task<FoundToolchain> find_toolchain(const Target& target, Language language, std::filesystem::path cache);
Task<FoundToolchain> find_toolchain(const Target& target, Language language, ToolSearch search);

}  // namespace xtest
