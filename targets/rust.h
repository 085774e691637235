// SPDX-License-Identifier: Apache-2.0
// Rust: a compiler that has the target's standard library, and the target's C compiler as its linker.
//
// First the private unpack: CACHE/rust/HOSTARCH/COMPILER/usr holds one of Debian's compilers (rustc, rustc-web: as the target's
// packages name it) and the std of every target that was asked for (Debian's packages for several targets exclude each
// other, so they are unpacked and never installed); a target counts once its manifest COMPILER/TRIPLE.json is there, which
// is written last. Else a rustc on PATH whose
// target-libdir exists (rustup: `rustup target add`). The io_context thread.
#pragma once

#include "runner/store/private_apt.h"
#include "targets/toolchain.h"

#include <functional>

namespace xtest {

Task<FoundToolchain> find_rust(const Target& target, ToolSearch search);

// Makes the private unpack for one target, through an apt of our own (runner/store/private_apt.h); nothing is done if
// the target has no Rust at all or a good one is there. Throws Error{usage} if the target file names no packages for
// this host, Error{infra} if they cannot be had. `progress` gets lines for people; without it they go to the log.
Task<void> install_rust(const Target& target, std::filesystem::path cache, Progress progress = {});

// Fetches Debian packages ("libstd-rust-dev:arm64") and unpacks them below a folder.
using Unpack = std::function<Task<void>(std::vector<std::string> packages, std::filesystem::path into)>;
Task<void> install_rust(const Target& target, ToolSearch search, Unpack unpack);

}  // namespace xtest
