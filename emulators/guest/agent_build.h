// SPDX-License-Identifier: Apache-2.0
// Our agent, built for another system by the target's own C compiler.
//
// Static where the target has static programs. Kept in CACHE/agents by what it was made from. io_context thread. Throws
// Error{infra} with the compiler's words.
#pragma once

#include "runner/base/asio.h"
#include "targets/target.h"

#include <filesystem>

namespace xtest {

// `data` is xtest's data, which holds emulators/agent/*.c.
Task<std::filesystem::path> build_agent(Target target, std::filesystem::path data, std::filesystem::path cache);

}  // namespace xtest
