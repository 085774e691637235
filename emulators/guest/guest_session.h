// SPDX-License-Identifier: Apache-2.0
// A session in another system that is reached over SSH: an agent over there runs the programs, and what they need is sent
// to it once, over the same channel.
//
// Nothing but `sh`, `tar`, `mkdir` and `rm` is needed there. Everything lies in one folder of the far side, which is
// removed by close(). Owns the connection. Several runs may be in flight: the agent performs them one after another
// without waiting for us. io_context thread.
#pragma once

#include "emulators/agent/agent_session.h"
#include "emulators/ssh/connection.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace xtest {

// A name for that folder which nothing over there has.
std::string fresh_guest_folder();

// Puts the agent, which is built for the far side, into `folder`. Throws Error{infra}.
Task<void> send_agent(SshConnection& connection, std::string folder, std::filesystem::path agent);

class GuestSession : public AgentSession {
 public:
  // `command` starts the agent. Throws Error{infra}.
  static Task<std::unique_ptr<GuestSession>> open(std::string name, std::unique_ptr<SshConnection> connection, std::string folder,
                                                  std::string command);

  Task<void> stage(std::vector<std::filesystem::path> files) override;
  Task<Completion> run(RunRequest request) override;
  Task<void> close() override;

 protected:
  std::string render(const PathRef& path) const override;

 private:
  GuestSession(asio::any_io_executor executor, AgentPlace place, std::unique_ptr<AgentClient> agent,
               std::unique_ptr<SshConnection> connection, std::string folder);

  std::string files() const;
  Task<void> make_room();
  void send(const std::filesystem::path& file);

  std::unique_ptr<SshConnection> connection_;
  std::string folder_;                                       // of the far side
  std::map<std::filesystem::path, std::string> staged_;      // what has been sent, and its path there
  std::map<std::filesystem::path, std::string> folders_;     // files that lie together here do so there
  std::size_t staged_bytes_ = 0;
  int generation_ = 0;                                       // of the folder for files; old ones are removed
  int in_use_ = 0;                                           // runs in flight
  asio::steady_timer unused_;                                // cancelled when in_use_ becomes 0
};

}  // namespace xtest
