// SPDX-License-Identifier: Apache-2.0
// Reads one recipe of a guest. Any thread; what is wrong in it is Error{usage} with file:line:column.
#pragma once

#include "emulators/vm/image.h"

namespace xtest {

// `linux_init` is the first process of a guest of Debian's that names no other one.
ImageRecipe read_recipe(const std::filesystem::path& file, const std::filesystem::path& linux_init);

}  // namespace xtest
