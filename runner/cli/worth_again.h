// SPDX-License-Identifier: Apache-2.0
// Which results of a recorded run a rerun, or the resumption of one, is about: result ids as Plan::result_id has them.
// Pure.
#pragma once

#include "runner/engine/replay.h"

#include <set>
#include <string>

namespace xtest {

// What is not good: bad, infra or never decided; and what was blocked, with what blocked it.
std::set<std::string> worth_running_again(const Replay& replay);

std::set<std::string> listed_ids(const Replay& replay);

}  // namespace xtest
