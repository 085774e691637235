// SPDX-License-Identifier: Apache-2.0
// What `xtest image` tells of images. Pure but for a look at the cache; any thread.
#pragma once

#include "emulators/vm/image.h"
#include "suites/lies.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

std::string image_table(const std::vector<ImageRecipe>& recipes, const std::filesystem::path& cache);
std::string image_details(const ImageRecipe& recipe, const std::filesystem::path& cache, const KnownLies& lies);

}  // namespace xtest
