// SPDX-License-Identifier: Apache-2.0
// One program in a session of its own, for whoever has no use for a pool of sessions: doctor, exec, calibration.
//
// The session is closed in any case, also when run() throws, which is thrown again; only a cancelled one is just
// dropped. Throws Error{infra} if no session can be opened. io_context thread.
#pragma once

#include "emulators/executor.h"

namespace xtest {

struct Timed {
  Completion completion;
  std::chrono::microseconds cpu{0};   // of the program, as the machine that executes it counts it; else its wall time
};

Task<Completion> run_once(Executor& executor, RunRequest request);
Task<Timed> time_once(Executor& executor, RunRequest request);

}  // namespace xtest
