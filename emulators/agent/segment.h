// SPDX-License-Identifier: Apache-2.0
// Frames for an agent, with the descriptors that go along with a run.
#pragma once

#include "emulators/agent/client.h"
#include "emulators/agent/wire.h"
#include "runner/base/fd.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace xtest {

struct Segment {
  std::string bytes;
  std::vector<UniqueFd> fds;   // go with the first byte
};

// The RUN frame. `carried`: its input and output go byte by byte, all of them. Throws if a descriptor cannot be had.
Segment run_segment(const AgentCommand& command, std::uint32_t seq, const Nonce& nonce, bool carried);

// As ::send, with the descriptors.
ssize_t send_segment(int socket, const Segment& segment);

}  // namespace xtest
