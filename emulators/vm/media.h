// SPDX-License-Identifier: Apache-2.0
// Release media in the cache: CACHE/media/SHA256/FILE as it was downloaded, and CACHE/media/NAME.json, which says what a
// recipe's medium is. Nothing is believed without a sha256 from the recipe or from the user, or what the project's checksum
// file says, which may be an md5; unless the user brought the file himself. Errors are Error{usage} and Error{infra}, with
// the remedy.
#pragma once

#include "emulators/vm/image.h"
#include "runner/base/error.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct Medium {
  std::filesystem::path file;
  std::string sha256;
  std::string known_from;                        // "the recipe", "--sha256", "SHA256SUMS", "the user's own file"
};

// Nothing: it was never there, or it is of another version of the recipe.
std::optional<Medium> find_medium(const ImageRecipe& recipe, const std::filesystem::path& cache);

// What the user can do for a medium that is not there.
Error no_medium(const ImageRecipe& recipe);

// Copies the user's file into the cache. One whose sha256 is not the expected one is refused.
Medium add_medium(const ImageRecipe& recipe, const std::filesystem::path& cache, const std::filesystem::path& file, const std::string& sha256);

// Makes a file that lies in the cache the recipe's medium.
void note_medium(const ImageRecipe& recipe, const std::filesystem::path& cache, const Medium& medium);

// Downloads it, or goes on with what was begun, unless it is here. `checksum` is a sha256, or an md5 for a recipe that knows
// no sha256. Without one the recipe's counts; if that does not know it either, Error{usage}. Blocks; for a thread off the
// io_context's.
Medium fetch_medium(const ImageRecipe& recipe, const std::filesystem::path& cache, const std::string& checksum, const std::string& known_from,
                    std::function<bool(std::uint64_t done, std::uint64_t all)> progress);

// A file's sha256 in a checksum file, or if that has none its md5: "HEX  FILE" or "SHA256 (FILE) = HEX" a line, or HEX alone.
std::optional<std::string> checksum_in(std::string_view checksum_file, std::string_view name);

std::uintmax_t remove_media(const std::string& name, const std::filesystem::path& cache);
std::uintmax_t prune_media(const std::vector<ImageRecipe>& recipes, const std::filesystem::path& cache);

}  // namespace xtest
