// SPDX-License-Identifier: Apache-2.0
#pragma once

// ELF bytes -> FileFacts. Headers, symbols and versions are read with elfutils' libelf from memory; tables whose
// content a file may lie about (.eh_frame, init arrays, notes) by the bounds-checked reader of bytes.h.
//
// Pure: bytes are copied (libelf wants them writable), nothing is opened, any thread. Hostile input is expected: a file
// that cannot be understood is an error text ("not an ELF file: ..."), a broken part of a readable file leaves its
// facts empty. Counts are bounded by the file's size, so time and memory are linear in it.

#include <cstddef>
#include <expected>
#include <span>
#include <string>

#include "suites/inspect/facts.h"

namespace xtest {

std::expected<FileFacts, std::string> read_elf(std::span<const std::byte> bytes);

}  // namespace xtest
