// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/media.h"
#include "emulators/vm/provide_image.h"
#include "runner/base/files.h"
#include "runner/base/text.h"
#include "runner/cli/commands.h"
#include "runner/cli/context.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/image_text.h"
#include "runner/cli/locations.h"
#include "runner/store/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

struct ImageOptions {
  std::string name;
  std::string file;
  std::string sha256, checksum_file;
  std::vector<std::string> folders, known_lies;
  bool anew = false;
};

std::vector<ImageRecipe> recipes_of(const ImageOptions& options) {
  std::vector<fs::path> folders = image_folders(find_locations().data);
  for (const std::string& folder : options.folders) {
    if (!fs::is_directory(folder)) throw Error(ErrorKind::usage, "there is no folder " + folder, "--images names one with recipes");
    folders.emplace_back(folder);
  }
  return load_images(folders);
}

ImageRecipe chosen(const ImageOptions& options) { return find_recipe(recipes_of(options), options.name); }

void tell(std::string_view line) { std::cerr << "xtest: " << line << "\n"; }

int list(const ImageOptions& options) {
  std::cout << image_table(recipes_of(options), cache_dir());
  return exit_code::ok;
}

int show(const ImageOptions& options) {
  std::cout << image_details(chosen(options), cache_dir(), known_lies(find_locations(), options.known_lies));
  return exit_code::ok;
}

Task<int> make(ImageOptions options) {
  const ImageRecipe recipe = chosen(options);
  if (!recipe.tried) tell(recipe.name + " has not been tried by anybody yet (tried: no)");
  const ImagePlace place{cache_dir(), find_locations().libexec / "xtest-agent"};
  const MadeImage image = co_await provide_image(recipe, place, tell, options.anew);
  std::cout << image.folder.string() << "\n";
  co_return exit_code::ok;
}

ImageRecipe chosen_of_medium(const ImageOptions& options) {
  ImageRecipe recipe = chosen(options);
  if (recipe.media) return recipe;
  throw Error(ErrorKind::usage, recipe.name + " is made of Debian's packages and needs no medium", "xtest image make " + recipe.name);
}

// A line a tenth, or every ten seconds: it is read in logs, too.
struct Told {
  std::string url;
  bool has_begun = false;
  std::uint64_t tenth = 0;
  std::chrono::steady_clock::time_point next = std::chrono::steady_clock::now();

  bool operator()(std::uint64_t done, std::uint64_t all) {
    if (!std::exchange(has_begun, true)) tell("downloading " + url);
    const auto now = std::chrono::steady_clock::now();
    const std::uint64_t reached = all == 0 ? 0 : done * 10 / all;
    if (done == 0 || (reached == tenth && now < next)) return true;
    tenth = reached;
    next = now + std::chrono::seconds(10);
    tell(all == 0 ? human_bytes(done) : fmt::format("{} of {} ({} %)", human_bytes(done), human_bytes(all), done * 100 / all));
    return true;
  }
};

std::string checksum_from(const std::string& checksum_file, const std::string& name) {
  const auto text = read_file(checksum_file);
  if (!text) throw Error(ErrorKind::usage, "cannot read " + checksum_file);
  if (const auto digest = checksum_in(*text, name)) return *digest;
  throw Error(ErrorKind::usage, checksum_file + " has no sha256 or md5 of " + name, "is it the project's checksum file of this release?");
}

int fetch_image(const ImageOptions& options) {
  const ImageRecipe recipe = chosen_of_medium(options);
  std::string checksum = options.sha256, known_from = "--sha256";
  if (checksum.size() == 32) throw Error(ErrorKind::usage, "'" + checksum + "' is no sha256", "an md5 is taken from the project's own file: --checksum-file FILE");
  if (!options.checksum_file.empty()) {
    checksum = checksum_from(options.checksum_file, recipe.media->file_name());
    known_from = fs::path(options.checksum_file).filename();
  }
  const Medium medium = fetch_medium(recipe, cache_dir(), checksum, known_from, Told{recipe.media->urls.front()});
  tell(medium.file.string() + " is here, and its checksum is the one of " + medium.known_from);
  return exit_code::ok;
}

int add(const ImageOptions& options) {
  const ImageRecipe recipe = chosen_of_medium(options);
  const Medium medium = add_medium(recipe, cache_dir(), options.file, options.sha256);
  tell(fmt::format("{} is now the medium of {}; its sha256 {} is known from {}", medium.file.string(), recipe.name, medium.sha256, medium.known_from));
  return exit_code::ok;
}

// Whether it is good; an image that is not made is.
bool verified(const ImageRecipe& recipe, const fs::path& cache) {
  const auto folder = image_folder(recipe, cache);
  if (!folder || !fs::exists(*folder)) {
    fmt::print("  -       {}: not made\n", recipe.name);
    return true;
  }
  const auto damage = damage_of(*folder);
  fmt::print("  {}  {}: {}\n", damage.empty() ? "ok    " : "DAMAGE", recipe.name, folder->string());
  for (const std::string& line : damage) fmt::print("          {}\n", line);
  return damage.empty();
}

int verify(const ImageOptions& options) {
  const auto recipes = recipes_of(options);
  if (!options.name.empty()) find_recipe(recipes, options.name);
  bool good = true;
  for (const ImageRecipe& recipe : recipes) {
    if (options.name.empty() || recipe.name == options.name) good = verified(recipe, cache_dir()) && good;
  }
  if (!good) fmt::print("what is damaged is made again when it is next used, or now by `xtest image make NAME`\n");
  return good ? exit_code::ok : exit_code::infra;
}

// An image of a recipe that is gone.
bool is_left_over(const std::string& name, const fs::path& cache) {
  std::error_code error;
  const fs::directory_iterator homes(cache / "images", error);
  return std::any_of(begin(homes), end(homes), [&](const fs::directory_entry& home) { return home.path().filename() == name; });
}

int remove(const ImageOptions& options) {
  if (!is_left_over(options.name, cache_dir())) chosen(options);
  fmt::print("{} freed\n", human_bytes(remove_image(options.name, cache_dir())));
  return exit_code::ok;
}

int prune(const ImageOptions& options) {
  fmt::print("{} freed\n", human_bytes(prune_images(recipes_of(options), cache_dir())));
  return exit_code::ok;
}

}  // namespace

void add_image(CLI::App& app, Invocation& invocation) {
  auto* image = add_command(app, "image",
                            "Guests for `--on vm`: lists, makes, fetches, verifies and removes their images.\n\n"
                            "  xtest image list\n  xtest image make linux-x86_64\n"
                            "Your own recipes: --images DIR, or images/ below XDG_CONFIG_HOME/xtest; docs/vm.md explains them.");
  image->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, auto body) {
    auto options = std::make_shared<ImageOptions>();
    auto* added = add_command(*image, name, help);
    added->add_option("--images", options->folders, "folder with further recipes")->allow_extra_args(false)->type_name("DIR");
    added->callback([options, &invocation, body] { invocation.chosen = [options, body] { return body(*options); }; });
    return std::pair{added, options};
  };
  const auto with_name = [&](const char* name, const char* help, auto body) {
    auto added = command(name, help, body);
    added.first->add_option("NAME", added.second->name, "image")->required();
    return added;
  };
  command("list", "The images there are, which of them are made, and which nobody has tried.\n\n  xtest image list", list);
  const auto shown = with_name("show", "All about one: what it is made of, how it is provisioned and reached, what is known to be wrong in it.\n\n"
                                       "  xtest image show linux-x86_64", show);
  shown.first->add_option("--known-lies", shown.second->known_lies, "further list of what emulators get wrong")->allow_extra_args(false)->type_name("FILE");
  const auto made = with_name("make",
                              "Makes an image now, unless a good one is there; prints its folder. A run does the same when it needs it.\n\n"
                              "  xtest image make linux-x86_64\n  xtest image make linux-x86_64 --anew",
                              [](const ImageOptions& options) { return run_async([&] { return make(options); }); });
  made.first->add_flag("--anew", made.second->anew, "also if a good one is there");
  const auto added = with_name("add",
                               "Takes a release medium that you have, as it was downloaded (compressed or not as the recipe says).\n\n"
                               "  xtest image add freebsd-14 ~/Downloads/FreeBSD-14.3-RELEASE-amd64-BASIC-CLOUDINIT-ufs.qcow2.xz",
                               add);
  added.first->add_option("FILE", added.second->file, "the medium")->required();
  added.first->add_option("--sha256", added.second->sha256, "what it must have")->type_name("HEX");
  const auto fetched = with_name("fetch",
                                 "Downloads the release medium of an image, or goes on with a download that was cut.\n\n"
                                 "  xtest image fetch freebsd-14 --checksum-file CHECKSUM.SHA256     the project's own checksum file\n"
                                 "  xtest image fetch dragonfly-6.4 --checksum-file md5.txt          which has nothing better than MD5\n"
                                 "  xtest image fetch mine --sha256 HEX",
                                 fetch_image);
  auto* hex = fetched.first->add_option("--sha256", fetched.second->sha256, "what it must have; default: the recipe's")->type_name("HEX");
  fetched.first->add_option("--checksum-file", fetched.second->checksum_file, "the project's own checksum file, which names it")->type_name("FILE")->excludes(hex);
  const auto checked = command("verify", "Reads every byte of the images that are made. Exit code 102 if one is damaged.\n\n  xtest image verify\n  xtest image verify linux-x86_64", verify);
  checked.first->add_option("NAME", checked.second->name, "image; default: all");
  with_name("rm", "Removes what was made of an image and fetched for it.\n\n  xtest image rm linux-x86_64", remove);
  command("prune", "Removes images that no recipe names any more, and what a killed xtest left.\n\n  xtest image prune", prune);
}

}  // namespace xtest
