// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/image.h"

#include "emulators/vm/recipe_reader.h"
#include "runner/base/error.h"
#include "runner/base/text.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace xtest {

namespace fs = std::filesystem;

std::string MediaSource::file_name() const { return fs::path(urls.front()).filename(); }

const char* to_string(Compression compression) {
  return std::array{"none", "gz", "bz2", "xz", "zst"}.at(static_cast<std::size_t>(compression));
}

const char* to_string(MediaFormat format) { return std::array{"iso", "raw", "qcow2"}.at(static_cast<std::size_t>(format)); }

const char* to_string(ProvisionKind kind) {
  return std::array{"none", "seed-iso", "serial-expect", "disk"}.at(static_cast<std::size_t>(kind));
}

std::vector<ImageRecipe> load_images(const std::vector<fs::path>& folders) {
  std::vector<ImageRecipe> recipes;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".yaml") recipes.push_back(read_recipe(entry.path(), folders.front() / "linux-init"));
    }
  }
  std::ranges::stable_sort(recipes, {}, &ImageRecipe::name);
  const auto twice = std::ranges::adjacent_find(recipes, {}, &ImageRecipe::name);
  if (twice != recipes.end())
    throw Error(ErrorKind::usage, Position{twice[1].file.string()}, "there is an image " + twice->name + " already, in " + twice->file.string(),
                "give it another name");
  return recipes;
}

std::vector<fs::path> image_folders(const fs::path& data) {
  std::vector<fs::path> folders{data / "emulators" / "vm" / "images"};
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if (config && fs::path(config).is_absolute()) folders.push_back(fs::path(config) / "xtest" / "images");
  else if (home && fs::path(home).is_absolute()) folders.push_back(fs::path(home) / ".config" / "xtest" / "images");
  return folders;
}

const ImageRecipe& find_recipe(const std::vector<ImageRecipe>& recipes, const std::string& name) {
  const auto found = std::ranges::find(recipes, name, &ImageRecipe::name);
  if (found != recipes.end()) return *found;
  std::vector<std::string> names;
  for (const ImageRecipe& recipe : recipes) names.push_back(recipe.name);
  const auto near = nearest(name, names);
  throw Error(ErrorKind::usage, "there is no image '" + name + "'", near ? "did you mean " + *near + "?" : "`xtest image list` shows those there are");
}

}  // namespace xtest
