// SPDX-License-Identifier: Apache-2.0
// Images made from recipes, verified before they are used, made once however many runs want them.
//
// One process at a time makes images of a name, the others wait; whoever uses one holds a shared lock on it, and nobody
// removes it under him. io_context thread; hashing is done off it. Errors are Error{infra}, or Error{usage} where the user
// has to do something first (a medium that is not there).
#pragma once

#include "emulators/vm/made_image.h"
#include "runner/base/asio.h"
#include "runner/store/private_apt.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct ImagePlace {
  std::filesystem::path cache;
  std::filesystem::path agent;                  // runs the machines of installations
};

// The image, made if there is none; a damaged one is named to `progress` and made again. `anew`: also a good one.
Task<MadeImage> provide_image(ImageRecipe recipe, ImagePlace place, Progress progress = {}, bool anew = false);

// The folder it is or would be in. Nothing: its medium is not there, so that cannot be known.
std::optional<std::filesystem::path> image_folder(const ImageRecipe& recipe, const std::filesystem::path& cache);

// Removes what was made of the recipes of that name and the media that were fetched for it; answers the bytes. Error{usage}
// when it is in use.
std::uintmax_t remove_image(const std::string& name, const std::filesystem::path& cache);

// Removes what no recipe names any more and what a killed xtest left; what is in use stays.
std::uintmax_t prune_images(const std::vector<ImageRecipe>& recipes, const std::filesystem::path& cache);

}  // namespace xtest
