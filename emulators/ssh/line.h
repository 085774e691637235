// SPDX-License-Identifier: Apache-2.0
// A shell at the far end of an SSH channel, as a line for a driver.
//
// The command is `exec sh`, so that the user's login shell does not matter. The destructor closes the channel.
#pragma once

#include "emulators/sh/driver.h"
#include "emulators/ssh/bridge.h"

#include <memory>

namespace xtest {

Task<std::unique_ptr<ShLine>> start_sh_over_ssh(ExecOverSsh exec);

}  // namespace xtest
