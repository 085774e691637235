// SPDX-License-Identifier: Apache-2.0
// How slow an executor is beside this machine itself, measured: a small loop built for the target and executed there,
// against the same work done natively, both in CPU time. Time limits are multiplied by it.
#pragma once

#include "runner/cli/prepare.h"
#include "runner/store/action_cache.h"

#include <filesystem>
#include <optional>
#include <string>

namespace xtest {

struct Calibration {
  double factor = 1;            // on time limits; never below 1
  std::string text;             // "24 ms there, 6 ms here: time limits x4.0"
};

// Nothing when there is no executor or no C compiler, or the loop did not run: then the executor's rough factor stays.
// With a cache it is measured once a day for an executor, a compiler and a machine. Cancelling kills what runs.
Task<std::optional<Calibration>> calibrate(const Prepared& prepared, const Folders& folders, std::filesystem::path work,
                                           ActionCache* cache);

}  // namespace xtest
