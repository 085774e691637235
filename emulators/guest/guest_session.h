// SPDX-License-Identifier: Apache-2.0
// A session in another system that is reached over SSH: files are sent once, an agent over there runs the programs.
//
// Nothing but `sh`, `tar`, `mkdir` and `rm` is needed there. Everything lies in one folder of the far side, which is
// removed by close(). Owns the connection. io_context thread.
#pragma once

#include "emulators/agent/agent_session.h"
#include "emulators/ssh/connection.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace xtest {

class GuestSession : public AgentSession {
 public:
  // `agent` is built for the far side. Throws Error{infra}.
  static Task<std::unique_ptr<GuestSession>> open(std::string name, std::unique_ptr<SshConnection> connection, std::filesystem::path agent);

  Task<void> stage(std::vector<std::filesystem::path> files) override;
  Task<void> close() override;

 protected:
  std::string render(const PathRef& path) const override;

 private:
  GuestSession(AgentPlace place, std::unique_ptr<AgentClient> agent, std::unique_ptr<SshConnection> connection, std::string folder);

  struct Sent {
    std::string path;                                         // over there
    std::string stamp;                                        // of the file here: one that is made anew is sent anew
  };

  Task<void> make_room();

  std::unique_ptr<SshConnection> connection_;
  std::string folder_;                                       // of the far side
  std::map<std::filesystem::path, Sent> staged_;             // what has been sent
  std::map<std::filesystem::path, std::string> folders_;     // files that lie together here do so there
  std::size_t staged_bytes_ = 0;
};

}  // namespace xtest
