// SPDX-License-Identifier: Apache-2.0
// The executor `vm`: every session is a guest of its own, booted from an image that is made at the first use.
//
// Settings of a target file: `image`, the name of a recipe in emulators/vm/images.
#pragma once

#include "emulators/executor.h"

namespace xtest {

std::shared_ptr<Executor> make_vm_executor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context);

}  // namespace xtest
