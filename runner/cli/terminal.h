// SPDX-License-Identifier: Apache-2.0
// What the process finds around itself: the terminal, its colours, the CI system, randomness for a nonce.
#pragma once

#include "reports/console.h"
#include "reports/junit.h"

#include <string>
#include <string_view>

namespace xtest {

// --color, NO_COLOR, CLICOLOR_FORCE, CI, TERM and the size of the terminal on stderr.
ConsoleOptions console_options(const std::string& color, bool verbose);

// The dialect asked for, else `rich` on CI systems that read it, else `portable`.
JunitDialect junit_dialect(const std::string& asked);

std::string make_nonce();                           // 32 hex digits from the system's random generator

}  // namespace xtest
