// SPDX-License-Identifier: Apache-2.0
// The ways in which a program can end, as a suite "ends", and what every executor has to make of them.
#pragma once

#include "tests/support/playground.h"

namespace xtest {

void write_endings(const Playground& here);
void expect_endings(const std::map<std::string, Verdict>& verdicts);

}  // namespace xtest
