// SPDX-License-Identifier: Apache-2.0
// A session in another system that is reached over SSH: our agent runs the programs there, and what they need is sent to
// it over the same channel, once by its content.
//
// Everything lies in one folder of the far side, which is removed by close(). Several runs may be in flight: the agent
// performs them one after another without waiting for us. io_context thread.
#pragma once

#include "emulators/agent/agent_session.h"
#include "emulators/guest/far_side.h"

#include <filesystem>
#include <memory>
#include <string>

namespace xtest {

class GuestSession : public AgentSession {
 public:
  // Sends `agent`, which is built for the far side. Throws Error{infra}.
  static Task<void> send_agent(FarSide& side, std::filesystem::path agent);

  // `command` starts the agent. Takes `side` only if it does, else throws Error{infra} with the agent's words.
  static Task<std::unique_ptr<GuestSession>> open(std::string name, std::unique_ptr<FarSide>& side, std::string command);

  Task<void> stage(std::vector<std::filesystem::path> files) override;
  Task<Completion> run(RunRequest request) override;
  Task<void> close() override;

 protected:
  std::string render(const PathRef& path) const override;

 private:
  GuestSession(asio::any_io_executor executor, AgentPlace place, std::unique_ptr<AgentClient> agent, std::unique_ptr<FarSide> side);

  Task<void> make_room();
  std::string there(const std::string& member) const { return side_->folder() + "/" + member; }

  std::unique_ptr<FarSide> side_;
  Staging staging_;
  int in_use_ = 0;                         // runs in flight
  asio::steady_timer unused_;              // cancelled when in_use_ becomes 0
};

}  // namespace xtest
