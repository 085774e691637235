// SPDX-License-Identifier: Apache-2.0
// Installing Debian packages for `--install`, with the package manager's own progress shown; as root or through sudo.
#pragma once

#include <string>
#include <vector>

#include "runner/base/asio.h"

namespace xtest {

// Throws Error{usage} with the command when it cannot be done.
Task<void> install_packages(std::vector<std::string> packages);

}  // namespace xtest
