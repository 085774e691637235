// SPDX-License-Identifier: Apache-2.0
// A kernel of x86 as packages have it is a small program that unpacks the rest: under an emulator a fifth of the whole boot.
// One that is made for it (CONFIG_PVH) starts unpacked as well, as a guest of qemu.
//
// Source: Documentation/arch/x86/boot.rst ("The Linux/x86 Boot Protocol", fields payload_offset and payload_length).
#pragma once

#include <filesystem>

namespace xtest {

// Writes the kernel out of `packed` to `to`. False, and nothing is written: it is not packed so. Throws Error{infra} where what is
// packed cannot be read.
bool unpack_kernel(const std::filesystem::path& packed, const std::filesystem::path& to);

}  // namespace xtest
