// SPDX-License-Identifier: Apache-2.0
// The words of qemu's command line that a recipe and its image decide. Pure, any thread.
#pragma once

#include "emulators/vm/made_image.h"

#include <optional>
#include <string>
#include <vector>

namespace xtest {

// A disk that nobody writes to: what is written goes to an overlay.
struct BaseDisk {
  std::filesystem::path file;
  MediaFormat format;
};

// A path as a value: qemu takes a comma for its end unless it is doubled.
std::string escaped(const std::filesystem::path& file);

// Nothing: the guest has none.
std::optional<BaseDisk> base_disk(const ImageRecipe& recipe, const MadeImage& image);

// Machine, devices, accelerator, memory; neither a serial line nor a network.
std::vector<std::string> machine_words(const ImageRecipe& recipe, const std::string& accelerator);

// What it boots: the kernel, or a disk, and the seed CD. `disk` is a qcow2 that it writes to, or empty.
std::vector<std::string> boot_words(const ImageRecipe& recipe, const MadeImage& image, const std::filesystem::path& disk);

// An installation's: the medium, the seed, and the medium once more, since DragonFly copies the system from a CD over which
// nothing is mounted (golang/build, env/dragonfly-amd64/Makefile).
std::vector<std::string> install_words(const ImageRecipe& recipe, const MadeImage& image, const std::filesystem::path& disk);

}  // namespace xtest
