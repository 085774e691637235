// SPDX-License-Identifier: Apache-2.0
// A real shell of this machine as a line for a driver.
//
// The line owns the shell; its destructor kills it. io_context thread.
#pragma once

#include "emulators/sh/driver.h"

#include <memory>
#include <string>

namespace xtest {

bool is_installed(const std::string& shell);                                // "dash"; "busybox" is its sh
std::unique_ptr<ShLine> start_local_sh(asio::io_context& io, const std::string& shell, const std::string& path);

}  // namespace xtest
