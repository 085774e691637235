// SPDX-License-Identifier: Apache-2.0
// Checks every tool of a target by using it: compiles and links a small program per language, lets the caller execute
// it.
//
// The rows are for people (`xtest doctor`) and for the exit code: anything that is not good makes it 2. What an
// executor needs is known to its own room, so executing is a function handed in. Runs host programs: io_context thread.
// Package names come from the target file; which distribution and architecture this host is, from targets/host.h.
#pragma once

#include "runner/base/asio.h"
#include "targets/host.h"
#include "targets/target.h"
#include "targets/toolchain.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace xtest {

struct CheckedTool {
  std::string what;                    // "C compiler", "executor qemu-user"
  std::string role;                    // key of the packages table: "c", "executor:qemu-user"
  bool good = false;
  bool absent = false;                 // the target cannot have it and `detail` says why: nobody's fault
  std::string detail;  // "aarch64-linux-gnu-gcc 12.2.0 compiles and links (dynamic, static)", or why not
  std::vector<std::string> packages;   // that would provide it here; empty: unknown
  std::string remedy;                  // one command or sentence; empty when good
};

// Executes what was compiled; the row says which executor and how it went. Given only programs that linked.
using ExecuteCheck = std::function<Task<CheckedTool>(Language, std::filesystem::path program)>;

struct DoctorRequest {
  const Target& target;
  std::vector<Language> languages;
  std::filesystem::path cache;         // kept between runs
  std::filesystem::path work;          // an empty folder for the programs, removed by the caller
  ExecuteCheck execute;                // may be empty: then nothing is executed
};

Task<std::vector<CheckedTool>> check_target(DoctorRequest request);


}  // namespace xtest
