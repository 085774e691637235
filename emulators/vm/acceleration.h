// SPDX-License-Identifier: Apache-2.0
// Which accelerator works for a qemu: found out by booting, since a /dev/kvm that is there may be of no use (no right to open
// it, a machine that lets nobody nest, a guest of another architecture).
//
// The guest is a few instructions in place of a firmware, which end the machine in a way that nothing else does. It takes a
// fraction of a second; whoever asks keeps the answer for the run. io_context thread; never throws for what qemu did.
#pragma once

#include "runner/base/asio.h"

#include <filesystem>
#include <string>

namespace xtest {

struct Acceleration {
  std::string name;                              // "kvm", "tcg": for -accel
  std::string why;                               // why not kvm, for a report; empty for kvm
};

// `program` is a qemu-system-*, absolute; a file is written to `scratch`.
Task<Acceleration> find_acceleration(std::filesystem::path program, std::filesystem::path scratch);

// Empty: it works. Else why not, in qemu's words where it has some.
Task<std::string> why_not_accelerated(std::filesystem::path program, std::string accelerator, std::filesystem::path scratch);

}  // namespace xtest
