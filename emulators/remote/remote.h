// SPDX-License-Identifier: Apache-2.0
// The executor `remote:USER@HOST[:PORT]`: a machine that runs already and lets us in over SSH.
//
// Not a target's own but asked for on the command line. Its key has to be known (known_hosts, as ssh writes it); nothing
// else of the user's SSH configuration is read. Every session is a connection of its own.
#pragma once

#include "emulators/executor.h"

namespace xtest {

// "remote:USER@HOST[:PORT]" as settings user, host, port; nothing if it is no such text. Throws Error{usage} for one that
// begins so and is wrong.
std::optional<ExecutorSpec> remote_spec(const std::string& text);

// Further settings: `key`, a file with a private key; `known_hosts`, a file; `driver` and `folder`, see guest/open.h.
std::shared_ptr<Executor> make_remote_executor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context);

}  // namespace xtest
