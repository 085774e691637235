// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/provide_image.h"

#include "emulators/ssh/key.h"
#include "emulators/vm/debian_image.h"
#include "emulators/vm/install.h"
#include "emulators/vm/key_texts.h"
#include "emulators/vm/media.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/offload.h"
#include "runner/store/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

void say(const Progress& progress, const std::string& line) {
  if (progress) progress(line);
}

Task<FileLock> lock_home(fs::path home, std::string name, Progress progress) {
  fs::create_directories(home);
  return FileLock::lock(home / "lock", [=](const fs::path&) { say(progress, "waiting for another xtest that makes " + name); });
}

// The medium's digest counts, not its recipe's word for it: a user may have brought another one.
std::string digest_with(const ImageRecipe& recipe, const std::optional<Medium>& medium) {
  return medium ? sha256_hex(recipe.digest + medium->sha256) : recipe.digest;
}

MadeImage used(const fs::path& folder) {
  auto lock = FileLock::try_share(use_lock_of(folder));
  if (!lock) throw Error(ErrorKind::infra, folder.string() + " is being removed by another xtest");
  return {folder, digest_of_manifest(folder), std::make_shared<FileLock>(std::move(*lock))};
}

void make_keys(const ImageRecipe& recipe, const MadeImage& image) {
  const Provision& provision = recipe.provision;
  if (provision.user_key.empty()) make_key_pair(image.user_key());
  else fs::copy_file(provision.user_key, image.user_key());
  if (provision.host_key.empty()) make_key_pair(image.private_host_key());
  else fs::copy_file(provision.host_key, image.private_host_key().string() + ".pub");
  fs::permissions(image.user_key(), fs::perms::owner_read | fs::perms::owner_write);
}

void unpack_medium(const Medium& medium, const ImageRecipe& recipe, const MadeImage& image) {
  if (const std::string digest = sha256_file(medium.file); digest != medium.sha256)
    throw Error(ErrorKind::infra, fmt::format("{} is damaged: its sha256 is {}, it was {}", medium.file.string(), digest, medium.sha256),
                "xtest image rm " + recipe.name + ", then fetch or add it again");
  decompress(medium.file, image.medium(), to_string(recipe.media->compression));
}

void write_seed(const ImageRecipe& recipe, const MadeImage& image) {
  ArchiveWriter cd(ArchiveFormat::iso, recipe.provision.label);
  std::set<std::string> folders;
  for (const TextFile& file : recipe.provision.files) {
    for (auto slash = file.path.find('/'); slash != file.path.npos; slash = file.path.find('/', slash + 1)) {
      if (folders.insert(file.path.substr(0, slash)).second) cd.folder(file.path.substr(0, slash));
    }
    cd.file(file.path, with_keys(file.text, image), file.text.starts_with("#!") ? 0755 : 0644);
  }
  if (write_file(image.seed(), cd.finish(), 0600) != 0) throw Error(ErrorKind::infra, "cannot write " + image.seed().string());
}

// What it was made of.
Task<std::vector<std::string>> fill(ImageRecipe recipe, ImagePlace place, std::optional<Medium> medium, fs::path work, Progress progress) {
  const MadeImage unfinished{work / "image", {}, {}};
  make_keys(recipe, unfinished);
  std::vector<std::string> origin;
  if (medium) {
    Offload pool(1);
    auto unpack = [&] { unpack_medium(*medium, recipe, unfinished); };
    say(progress, "unpacking " + medium->file.string());
    co_await pool.run(unpack);
    origin = {medium->file.filename().string() + " " + medium->sha256 + ", known from " + medium->known_from};
  } else {
    origin = co_await make_debian_image(recipe, unfinished, work / "tree", place.cache, progress);
  }
  if (recipe.provision.kind == ProvisionKind::seed_iso) write_seed(recipe, unfinished);
  if (recipe.provision.kind == ProvisionKind::disk) decompress(recipe.provision.disk, unfinished.disk(), "none");
  if (recipe.provision.installation) {
    co_await install_system(recipe, unfinished, work.parent_path() / "console", place.agent, progress);
    fs::remove(unfinished.medium());
  }
  co_return origin;
}

Task<void> make_image(ImageRecipe recipe, ImagePlace place, std::optional<Medium> medium, fs::path folder, Progress progress) {
  const fs::path work = folder.parent_path() / "partial";
  fs::remove_all(work);
  fs::create_directories(work / "image");
  fs::permissions(work / "image", fs::perms::owner_all);   // keys lie in it
  say(progress, "making " + recipe.name);
  const auto origin = co_await fill(recipe, std::move(place), std::move(medium), work, progress);
  Offload pool(1);
  auto seal = [&] { write_manifest(work / "image", recipe, origin); };
  co_await pool.run(seal);
  fs::remove_all(folder);
  fs::rename(work / "image", folder);
  fs::remove_all(work);
}

std::uintmax_t bytes_below(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error) && !entry.is_symlink(error)) bytes += entry.file_size(error);
  }
  return bytes;
}

std::uintmax_t remove_folder(const fs::path& folder) {
  const auto bytes = bytes_below(folder);
  fs::remove_all(folder);
  return bytes;
}

// The images of a home that nobody uses; those that are in use are told apart by `in_use`.
struct Unused {
  std::vector<std::pair<fs::path, FileLock>> folders;
  bool in_use = false;
};

Unused unused_in(const fs::path& home) {
  Unused unused;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(home, error)) {
    if (!entry.is_directory(error)) continue;
    if (auto lock = FileLock::try_lock(use_lock_of(entry.path()))) unused.folders.emplace_back(entry.path(), std::move(*lock));
    else unused.in_use = true;
  }
  return unused;
}

std::uintmax_t remove_image_folder(const fs::path& folder) {
  const auto bytes = remove_folder(folder);
  fs::remove(use_lock_of(folder));
  return bytes;
}

}  // namespace

std::optional<fs::path> image_folder(const ImageRecipe& recipe, const fs::path& cache) {
  const auto medium = find_medium(recipe, cache);
  if (recipe.media && !medium) return std::nullopt;
  return folder_of(cache, recipe.name, digest_with(recipe, medium));
}

Task<MadeImage> provide_image(ImageRecipe recipe, ImagePlace place, Progress progress, bool anew) {
  const fs::path home = home_of(place.cache, recipe.name);
  const FileLock lock = co_await lock_home(home, recipe.name, progress);
  const auto medium = find_medium(recipe, place.cache);
  if (recipe.media && !medium) throw no_medium(recipe);
  const fs::path folder = folder_of(place.cache, recipe.name, digest_with(recipe, medium));
  if (fs::exists(folder) && !anew) {
    Offload pool(1);
    auto look = [&] { return damage_of(folder); };
    const auto damage = co_await pool.run(look);
    if (damage.empty()) co_return used(folder);
    for (const std::string& line : damage) say(progress, recipe.name + " is damaged: " + line);
  }
  co_await make_image(recipe, place, medium, folder, progress);
  co_return used(folder);
}

std::uintmax_t remove_image(const std::string& name, const fs::path& cache) {
  const fs::path home = home_of(cache, name);
  std::uintmax_t bytes = 0;
  if (fs::exists(home)) {
    const auto lock = FileLock::try_lock(home / "lock");
    const Unused unused = unused_in(home);
    if (!lock || unused.in_use) throw Error(ErrorKind::usage, "image " + name + " is in use by another xtest", "try again when that has ended");
    bytes = remove_folder(home);
  }
  return bytes + remove_media(name, cache);
}

std::uintmax_t prune_images(const std::vector<ImageRecipe>& recipes, const fs::path& cache) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (const auto& home : fs::directory_iterator(cache / "images", error)) {
    const auto lock = FileLock::try_lock(home.path() / "lock");
    if (!lock) continue;
    const Unused unused = unused_in(home.path());
    for (const auto& [folder, in_use] : unused.folders) {
      const bool is_wanted = std::ranges::any_of(recipes, [&](const ImageRecipe& recipe) { return image_folder(recipe, cache) == folder; });
      if (!is_wanted) bytes += remove_image_folder(folder);
    }
    const bool is_known = std::ranges::any_of(recipes, [&](const ImageRecipe& recipe) { return recipe.name == home.path().filename(); });
    if (!is_known && !unused.in_use) bytes += remove_folder(home.path());
  }
  return bytes + prune_media(recipes, cache);
}

}  // namespace xtest
