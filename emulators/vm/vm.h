// SPDX-License-Identifier: Apache-2.0
// The executor `vm`: every session is a guest of its own, booted from an image that is made at the first use.
//
// Settings of a target file: `image`, the name of a recipe in emulators/vm/images.
#pragma once

#include "emulators/executor.h"

#include <optional>
#include <string>

namespace xtest {

// Of "vm:IMAGE"; nothing: the text begins otherwise. Throws Error{usage}: there is no such image, or it is not for the target.
std::optional<ExecutorSpec> guest_spec(const std::string& text, const Target& target, const std::filesystem::path& data);

std::shared_ptr<Executor> make_vm_executor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context);

}  // namespace xtest
