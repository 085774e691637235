// SPDX-License-Identifier: Apache-2.0
// Whether an image's own guest comes up under an accelerator that looked well: some run a few instructions and hang in a
// kernel.
//
// The answer is kept in CACHE/acceleration for a week, for this machine, its kernel, this qemu and this image. io_context
// thread; never throws for what the guest did.
#pragma once

#include "emulators/vm/acceleration.h"
#include "emulators/vm/machine.h"
#include "runner/store/private_apt.h"

#include <filesystem>
#include <string>

namespace xtest {

// `base` as for provide_snapshot(); its folder is used and removed. `found` is what the accelerator's own probe said.
Task<Acceleration> try_acceleration(Acceleration found, MachineOptions base, std::string version, std::filesystem::path cache, Progress progress);

}  // namespace xtest
