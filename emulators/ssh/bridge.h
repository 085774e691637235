// SPDX-License-Identifier: Apache-2.0
// An agent at the far end of an SSH connection: its stdin and stdout are a socket here, its stderr is kept for the case
// that it goes.
//
// Bytes are held back in both directions when the other side is slow. The link keeps what it needs alive, but not the
// connection, which has to outlive it. io_context thread.
#pragma once

#include "emulators/agent/client.h"
#include "emulators/ssh/connection.h"

namespace xtest {

// Opens a channel with a command on a connection of its choice.
using ExecOverSsh = std::function<Task<std::unique_ptr<SshChannel>>(std::string command, SshOutput output)>;

// Starts `command`, which becomes the agent. Throws Error{infra} if the server does not start it.
Task<AgentLink> start_agent_over_ssh(ExecOverSsh exec, std::string command);

}  // namespace xtest
