// SPDX-License-Identifier: Apache-2.0
// Disks made by qemu-img: empty ones, overlays over a disk that stays as it is, whole copies. io_context thread. Errors are
// Error{infra} with qemu-img's words.
#pragma once

#include "emulators/vm/qemu_words.h"
#include "runner/base/asio.h"

#include <cstdint>
#include <filesystem>

namespace xtest {

Task<void> make_empty_disk(std::filesystem::path file, std::uint64_t bytes);
Task<void> make_overlay(BaseDisk base, std::filesystem::path file);
Task<void> copy_disk(BaseDisk from, std::filesystem::path file);

}  // namespace xtest
