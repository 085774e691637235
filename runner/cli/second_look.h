// SPDX-License-Identifier: Apache-2.0
// What a run does about a test that died, hung or failed: a closer look that never changes its verdict.
//
// A crash: the program runs once more, watched (most_looks times in a run). A hang was looked at before it was killed.
// With `trace`, whatever did not exit with 0 runs once more under the executor's tracer. Core files and traces are kept in
// the record's folder `output`, each at most some megabytes. io_context thread; made for one run.
#pragma once

#include "runner/cli/prepare.h"
#include "runner/engine/engine.h"

#include <filesystem>
#include <vector>

namespace xtest {

SecondLook make_second_look(const std::vector<Prepared>& prepared, std::filesystem::path output, bool trace);

}  // namespace xtest
