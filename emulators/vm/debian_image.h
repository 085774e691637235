// SPDX-License-Identifier: Apache-2.0
// Makes a guest out of Debian's packages: a kernel and a first root in memory that holds busybox, an SSH server and the
// target's libraries.
//
// Needs no root and installs nothing. The image lies at CACHE/images/NAME/DIGEST, complete or absent; two processes wait
// for one another. io_context thread. Errors are Error{infra}.
#pragma once

#include "emulators/vm/image.h"
#include "runner/base/asio.h"
#include "runner/store/private_apt.h"

#include <filesystem>
#include <optional>
#include <string>

namespace xtest {

struct MadeImage {
  std::filesystem::path folder;
  std::filesystem::path kernel() const { return folder / "kernel"; }
  std::filesystem::path initrd() const { return folder / "initrd"; }
  std::filesystem::path user_key() const { return folder / "user"; }
  std::string host_key() const;                 // "ssh-ed25519 AAAA..."
};

std::optional<MadeImage> find_image(const ImageRecipe& recipe, const std::filesystem::path& cache);

Task<MadeImage> make_debian_image(ImageRecipe recipe, std::filesystem::path cache, Progress progress = {});

}  // namespace xtest
