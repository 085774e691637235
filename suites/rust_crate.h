// SPDX-License-Identifier: Apache-2.0
// How one crate is built by rustc itself, without cargo: a program, a library for other crates, or the test harness of a
// crate. Pure, any thread, no errors.
#pragma once

#include "runner/model/job.h"
#include "targets/toolchain.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

enum class CrateKind : std::uint8_t { program, library, test };

struct RustCrate {
  std::string name;
  CrateKind kind = CrateKind::program;
  std::string edition = "2021";
  std::vector<std::filesystem::path> inputs;   // absolute; the first is its root, rustc finds its other files itself
  std::filesystem::path output;                // absolute; the depfiles lie beside it
  std::filesystem::path folder;                // in which rustc is started
  std::filesystem::path origin;                // written as "." in debug and panic texts
  std::vector<std::string> flags;
  std::vector<std::string> link_flags;
  std::vector<std::string> env;                // exact
};

Job build_rust_crate(RustCrate crate, const Toolchain& toolchain);

}  // namespace xtest
