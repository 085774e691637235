// SPDX-License-Identifier: Apache-2.0
// Starts an agent on this machine, at the other end of a socket pair.
#pragma once

#include "emulators/agent/client.h"

namespace xtest {

// Throws Error{infra}.
AgentLink start_local_agent(asio::any_io_executor executor, const AgentOptions& options);

}  // namespace xtest
