// SPDX-License-Identifier: Apache-2.0
// Where the broker of a user is met: one folder that only the user can enter.
//
//   XTEST_RUNTIME_DIR, else XDG_RUNTIME_DIR/xtest, else /tmp/xtest-UID
//
// Nothing but the C library, for the front of xtest is built of this, too. Any thread.
#pragma once

#include <string>

namespace xtest {

std::string broker_folder();                            // read from the environment at every call
std::string broker_file(const std::string& name);       // in it: "socket", "lock", "start.lock", "log", "scratch"

// "" when the folder is there, is ours and nobody else may enter it; otherwise what is wrong.
std::string why_not_private(const std::string& folder);

// A connection to the broker; -1 and errno when nobody answers, and -1 with EPERM when it is not a process of ours.
int connect_to_broker();

}  // namespace xtest
