// SPDX-License-Identifier: Apache-2.0
#pragma once

// Unwind tables of ELF files: .eh_frame, .eh_frame_hdr (LSB) and .ARM.exidx (ARM EHABI). A small bounds-checked reader
// of its own, since these tables are what a broken port gets wrong and what libelf does not read.
//
// Pure, any thread. A parse that cannot go on keeps what it has and says why in `error`. Time is linear in the bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "suites/inspect/bytes.h"
#include "suites/inspect/facts.h"

namespace xtest {

struct EhFrame {
  std::vector<AddressRange> functions;  // one an FDE, in the order of the file
  bool terminator_before_end = false;
  std::string error;
};

struct EhFrameHdr {
  std::optional<std::uint64_t> eh_frame;  // where it says that .eh_frame begins
  std::uint64_t entries = 0;
};

// `address` is where the bytes lie in the target's memory.
EhFrame parse_eh_frame(ByteView bytes, std::uint64_t address, int bits);
std::optional<EhFrameHdr> parse_eh_frame_hdr(ByteView bytes, std::uint64_t address, int bits);

// Start addresses of the functions that the index lists.
std::vector<std::uint64_t> parse_arm_exidx(ByteView bytes, std::uint64_t address);

}  // namespace xtest
