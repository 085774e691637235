// SPDX-License-Identifier: Apache-2.0
// The executor `qemu-user`: one program at a time under qemu's user-mode emulation, for any user.
//
// First way: each session is a private user and mount namespace with its own binfmt_misc, where the target's libraries
// lie over the real paths; there re-exec, `#!`, empty environments and absolute paths are true (features binfmt,
// reexec). Fallback where the kernel does not allow that: `qemu-ARCH -L SYSROOT PROGRAM` (feature no-binfmt). Which one
// works is found out by running one; the host's own binfmt registration is never relied on. Settings: `programs` (names
// tried on PATH), `magic` and `mask` (binfmt_misc, as \xNN), `overlay` (LOWER:TARGET ...), `sysroot` (for -L).
#pragma once

#include "emulators/executor.h"

namespace xtest {

std::shared_ptr<Executor> make_qemu_user_executor(const Target& target, const ExecutorSpec& spec,
                                                  const ExecutorContext& context);

}  // namespace xtest
