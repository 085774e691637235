// SPDX-License-Identifier: Apache-2.0
// Carries the bytes of this process's own descriptors to and from the pipes of a program that cannot be given them.
//
// The own descriptors keep their flags: they are shared with whoever started us. Nothing but the C library. Blocks the
// thread until the program's outputs have ended. SIGPIPE has to be ignored.
#pragma once

namespace xtest {

struct RelayPipes {
  int in = -1, out = -1, err = -1;   // we write to `in` and read from the others; owned and closed
};

void relay(RelayPipes pipes);

}  // namespace xtest
