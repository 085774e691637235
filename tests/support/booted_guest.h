// SPDX-License-Identifier: Apache-2.0
// Guests of recipes of a test's own.
#pragma once

#include "emulators/vm/provide_image.h"
#include "runner/base/asio.h"

#include <filesystem>
#include <string>

namespace xtest {

// The beginning of a recipe: x86_64, made of Debian's packages.
std::string debian_recipe(const std::string& name, const std::string& packages);

// Boots the image in a machine of its own, with its files in `folder`; what the command says there.
std::string said_in_guest(asio::io_context& io, const std::filesystem::path& folder, const ImageRecipe& recipe, const MadeImage& image,
                          const std::string& command);

}  // namespace xtest
