// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/qemu_words.h"

#include <fmt/format.h>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

void add(Words& words, Words more) { words.insert(words.end(), more.begin(), more.end()); }

void add_disk(const ImageRecipe& recipe, const fs::path& disk, Words& words) {
  if (disk.empty()) return;
  add(words, {"-drive", fmt::format("if=none,id=disk,format=qcow2,discard=unmap,file={}", escaped(disk)), "-device", recipe.machine.disk + ",drive=disk"});
}

void add_cd(const ImageRecipe& recipe, const fs::path& file, const std::string& id, Words& words, const std::string& more = {}) {
  add(words, {"-drive", fmt::format("if=none,id={},format=raw,readonly=on,media=cdrom,file={}", id, escaped(file)), "-device",
              fmt::format("{},drive={}{}", recipe.machine.cd, id, more)});
}

void add_kernel(const ImageRecipe& recipe, const MadeImage& image, Words& words) {
  std::string line = "console=" + recipe.machine.console + " quiet panic=-1";
  for (const std::string& word : recipe.machine.append) line += " " + word;
  add(words, {"-kernel", image.kernel().string(), "-initrd", image.initrd().string(), "-append", line});
}

}  // namespace

std::string escaped(const fs::path& file) {
  std::string text;
  for (const char c : file.string()) text += c == ',' ? ",," : std::string{c};
  return text;
}

std::optional<BaseDisk> base_disk(const ImageRecipe& recipe, const MadeImage& image) {
  if (recipe.provision.installation) return BaseDisk{image.disk(), MediaFormat::qcow2};
  if (recipe.provision.kind == ProvisionKind::disk) return BaseDisk{image.disk(), recipe.provision.disk_format};
  if (recipe.media && recipe.media->format != MediaFormat::iso) return BaseDisk{image.medium(), recipe.media->format};
  return std::nullopt;
}

Words machine_words(const ImageRecipe& recipe, const std::string& accelerator) {
  Words words = recipe.machine.args;
  for (const std::string& device : recipe.machine.devices) add(words, {"-device", device});
  add(words, {"-accel", accelerator, "-m", std::to_string(recipe.machine.memory_mib), "-smp", "1", "-nodefaults", "-display", "none", "-no-reboot",
              "-device", "virtio-rng-pci"});
  return words;
}

Words boot_words(const ImageRecipe& recipe, const MadeImage& image, const fs::path& disk) {
  Words words;
  if (!recipe.media) add_kernel(recipe, image, words);
  add_disk(recipe, disk, words);
  if (recipe.media && recipe.media->format == MediaFormat::iso && !recipe.provision.installation) add_cd(recipe, image.medium(), "medium", words);
  if (recipe.provision.kind == ProvisionKind::seed_iso && !recipe.provision.installation) add_cd(recipe, image.seed(), "seed", words);
  return words;
}

Words install_words(const ImageRecipe& recipe, const MadeImage& image, const fs::path& disk) {
  Words words;
  if (!recipe.media) add_kernel(recipe, image, words);
  add_disk(recipe, disk, words);
  const bool is_cd = recipe.media && recipe.media->format == MediaFormat::iso;
  if (is_cd) add_cd(recipe, image.medium(), "medium", words, ",bootindex=0");
  if (recipe.provision.kind == ProvisionKind::seed_iso) add_cd(recipe, image.seed(), "seed", words);
  if (is_cd) add_cd(recipe, image.medium(), "again", words);
  return words;
}

}  // namespace xtest
