// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/image_text.h"

#include "emulators/vm/media.h"
#include "emulators/vm/provide_image.h"
#include "emulators/vm/snapshot.h"
#include "runner/base/text.h"
#include "runner/cli/lie_report.h"

#include <fmt/format.h>

#include <algorithm>

namespace xtest {
namespace {

namespace fs = std::filesystem;

std::string state_of(const ImageRecipe& recipe, const fs::path& cache) {
  const auto folder = image_folder(recipe, cache);
  if (folder && fs::exists(*folder)) return "made";
  if (!recipe.media) return "not made";
  return folder ? "fetched" : "not fetched";
}

std::string source_of(const ImageRecipe& recipe) {
  if (!recipe.media) return "packages of Debian " + recipe.debian.suite + ", " + recipe.debian.architecture;
  return fmt::format("medium {}, version {}, {}, compressed: {}", recipe.media->file_name(), recipe.media->version, to_string(recipe.media->format),
                     to_string(recipe.media->compression));
}

void add_media(const ImageRecipe& recipe, const fs::path& cache, std::string& text) {
  for (const std::string& url : recipe.media->urls) text += "  from        " + url + "\n";
  text += "  sha256      " + (recipe.media->sha256.empty() ? "unknown: no public record was found; fetch asks for --sha256 or --checksum-file"
                                                          : recipe.media->sha256 + " (" + recipe.media->record + ")") + "\n";
  if (const auto medium = find_medium(recipe, cache))
    text += "  here        " + medium->file.string() + "\n              sha256 " + medium->sha256 + ", known from " + medium->known_from + "\n";
}

void add_snapshots(const fs::path& image, std::string& text) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(image / "snapshots", error)) {
    const Snapshot snapshot{entry.path()};
    if (!fs::exists(snapshot.state())) continue;
    text += "  snapshot    " + entry.path().filename().string() + ", memory " + (fs::exists(snapshot.memory()) ? "mapped" : "streamed") + "\n";
  }
}

std::string command_of(const MachineSpec& machine) {
  std::string text = machine.program + " " + join(machine.args, " ");
  for (const std::string& device : machine.devices) text += " -device " + device;
  return text + fmt::format(", {} MiB", machine.memory_mib);
}

}  // namespace

std::string image_table(const std::vector<ImageRecipe>& recipes, const fs::path& cache) {
  std::size_t width = 5;
  for (const ImageRecipe& recipe : recipes) width = std::max(width, recipe.name.size());
  std::string text = fmt::format("{:<{}}  {:<7}  {:<5}  {:<11}  {}\n", "image", width, "arch", "tried", "state", "what it is");
  for (const ImageRecipe& recipe : recipes)
    text += fmt::format("{:<{}}  {:<7}  {:<5}  {:<11}  {}\n", recipe.name, width, recipe.arch, recipe.tried ? "yes" : "no", state_of(recipe, cache), recipe.title);
  return text + "\n`xtest image show NAME` explains one. tried: no means that nobody has booted it with this recipe yet.\n";
}

std::string image_details(const ImageRecipe& recipe, const fs::path& cache, const KnownLies& lies) {
  std::string text = fmt::format("{}\n  {}\n  for         {}\n  recipe      {}\n  tried       {}\n  source      {}\n", recipe.name, recipe.title,
                                 join(recipe.targets, " "), recipe.file.string(), recipe.tried ? "yes" : "no: nobody has booted it with this recipe yet", source_of(recipe));
  if (recipe.media) add_media(recipe, cache, text);
  text += fmt::format("  provision   {}{}\n  machine     {}\n  reached     {}@, port {}, {}, shell {}\n", to_string(recipe.provision.kind),
                      recipe.provision.installation ? ", by an installation" : "", command_of(recipe.machine), recipe.reach.user, recipe.reach.port,
                      recipe.reach.server, recipe.shell);
  if (!recipe.panic.empty()) text += "  panics with \"" + join(recipe.panic, "\", \"") + "\"\n";
  for (const KnownLie& lie : lies.entries()) {
    if (lie.is_of("vm:" + recipe.name)) text += "  known lie   " + lie_line(lie) + "\n";
  }
  const auto folder = image_folder(recipe, cache);
  text += "  state       " + state_of(recipe, cache) + (folder && fs::exists(*folder) ? ", in " + folder->string() : "") + "\n";
  if (folder) add_snapshots(*folder, text);
  return text;
}

}  // namespace xtest
