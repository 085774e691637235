// SPDX-License-Identifier: Apache-2.0
// What a session is asked to run, in the words of a driver that is only a shell.
#pragma once

#include "emulators/session.h"
#include "emulators/sh/driver.h"

#include <filesystem>
#include <functional>
#include <string>

namespace xtest {

// `folder` is where a fresh folder of this run will be; `path_of` gives the path over there, or "" for what was not sent.
Task<Completion> run_by_sh(ShDriver& driver, RunRequest request, std::string folder, std::function<std::string(const std::filesystem::path&)> path_of);

}  // namespace xtest
