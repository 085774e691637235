// SPDX-License-Identifier: Apache-2.0
// Names of the host's signals. Numbers differ between systems, so a target's signal comes with its name from the agent.
//
// Pure, any thread.
#pragma once

#include <string>

namespace xtest {

// "SEGV" for 11; "RTMIN+2", "SIG77" for numbers without a name.
std::string signal_name(int number);

}  // namespace xtest
