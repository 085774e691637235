// SPDX-License-Identifier: Apache-2.0
// Makes a guest out of Debian's packages: a kernel and a first root in memory that holds busybox, an SSH server and the
// target's libraries. Needs no root and installs nothing. io_context thread. Errors are Error{infra}.
#pragma once

#include "emulators/vm/made_image.h"
#include "runner/base/asio.h"
#include "runner/store/private_apt.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

// Puts kernel and initrd into `image`, which has its keys. `work` is an empty folder for the packages. Answers what it was
// made of: "dropbear-bin 2022.83-1 (amd64) SHA256".
Task<std::vector<std::string>> make_debian_image(ImageRecipe recipe, MadeImage image, std::filesystem::path work, std::filesystem::path cache,
                                                 Progress progress);

}  // namespace xtest
