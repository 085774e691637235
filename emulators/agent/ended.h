// SPDX-License-Identifier: Apache-2.0
// The end of a run as its agent tells it.
#pragma once

#include "emulators/agent/wire.h"
#include "runner/model/completion.h"

namespace xtest {

// False when the frame is cut, or is none.
bool read_ended(WireReader reader, Completion& into);

// Whether what came is all that the program wrote, and each byte once.
bool has_all_output(const Completion& completion);

}  // namespace xtest
