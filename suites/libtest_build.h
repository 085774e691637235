// SPDX-License-Identifier: Apache-2.0
// The builds of a test crate of framework `libtest`: the libraries it uses, then the program. Pure, any thread, no errors.
#pragma once

#include "suites/framework.h"
#include "suites/libtest_suite.h"

#include <string>
#include <vector>

namespace xtest {

// Why the crates of the suite cannot be built here, or empty.
std::string why_not_buildable(const LibtestSuite& settings, const View& view);

// The last one makes the program.
std::vector<Job> libtest_builds(const Suite& suite, const LibtestSuite& settings, const LibtestCrate& test, const View& view);

}  // namespace xtest
