// SPDX-License-Identifier: Apache-2.0
// The executor `host`: programs of a target whose architecture this machine's kernel runs itself.
//
// Serves a target only where the architectures match (i686 on an x86_64 kernel that has 32-bit support counts). Setting
// `overlay` ("LOWER:TARGET", separated by blanks) puts a target's loader and libraries at their real paths inside a
// private namespace, for programs of another libc folder (i686).
#pragma once

#include "emulators/executor.h"

namespace xtest {

std::shared_ptr<Executor> make_host_executor(const Target& target, const ExecutorSpec& spec,
                                             const ExecutorContext& context);

}  // namespace xtest
