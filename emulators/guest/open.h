// SPDX-License-Identifier: Apache-2.0
// Opens a session over SSH with the driver that does there: our agent if it runs, else the far side's sh.
//
// io_context thread. Throws Error{infra}: neither does, or programs of the target are none for that processor.
#pragma once

#include "emulators/guest/far_side.h"
#include "emulators/session.h"
#include "targets/target.h"

#include <filesystem>
#include <memory>
#include <string>

namespace xtest {

struct GuestOptions {
  std::string name;                       // of the session
  Target target;
  std::filesystem::path data, cache;      // where the agent's sources are, and where it is kept once built
  std::string driver;                     // "agent", "sh"; "auto" or empty: the agent if it runs
  std::string folder;                     // on the far side, see FarSide::open
  Connect further;                        // one more connection to the same machine
};

struct OpenedGuest {
  std::unique_ptr<Session> session;
  std::string driver;                     // "agent" or "sh"
  std::string system;                     // "Linux 6.1.0 x86_64"
  int cores = 1;
  std::string why_no_agent;               // when it was tried and is not the driver
};

Task<OpenedGuest> open_guest(GuestOptions options, std::unique_ptr<SshConnection> connection);

}  // namespace xtest
