// SPDX-License-Identifier: Apache-2.0
// The boot of a machine whose only purpose is what it leaves on the image's disk: a system's installer, or a first boot that
// asks for what only a person knows. The machine runs below an agent, so that it dies with xtest.
//
// io_context thread. Error{infra} with the console's last lines, and where all of it lies.
#pragma once

#include "emulators/vm/made_image.h"
#include "runner/base/asio.h"
#include "runner/store/private_apt.h"

#include <filesystem>

namespace xtest {

// Makes image.disk(). `console` is the file for what the machine says.
Task<void> install_system(ImageRecipe recipe, MadeImage image, std::filesystem::path console, std::filesystem::path agent, Progress progress);

}  // namespace xtest
