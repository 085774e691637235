// SPDX-License-Identifier: Apache-2.0
// A persistent wineserver with Wine's background programs (services.exe, winedevice.exe, ...) already started under
// it, so that no test is charged with them.
//
// They live below an agent of their own, because a killed wineserver leaves some of them behind: whether our destructor
// ends that agent or xtest itself is killed, it kills all of them. When the agent itself is killed, the shell it has
// started runs `wineserver -k` (needs setpriv of util-linux). io_context thread.
#pragma once

#include "emulators/agent/client.h"
#include "emulators/wine/prefix.h"

#include <filesystem>
#include <memory>

namespace xtest {

// Ready when a first program has run. Throws Error{infra}. Dropping or closing the agent stops the server.
Task<std::unique_ptr<AgentClient>> start_wine_server(WineTools tools, std::filesystem::path prefix,
                                                     std::filesystem::path agent);

}  // namespace xtest
