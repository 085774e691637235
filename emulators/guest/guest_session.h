// SPDX-License-Identifier: Apache-2.0
// A session in another system that is reached over SSH, where our agent runs the programs.
//
// Everything lies in one folder of the far side, which is removed by close(). io_context thread.
#pragma once

#include "emulators/agent/agent_session.h"
#include "emulators/guest/far_side.h"

#include <filesystem>
#include <memory>
#include <string>

namespace xtest {

class GuestSession : public AgentSession {
 public:
  // Sends and starts `agent`, which is built for the far side. Throws Error{infra} with its words.
  static Task<std::unique_ptr<AgentClient>> start_agent(FarSide& side, std::filesystem::path agent);

  GuestSession(const std::string& name, std::unique_ptr<AgentClient> agent, std::unique_ptr<FarSide> side);

  Task<void> stage(std::vector<std::filesystem::path> files) override;
  Task<void> close() override;

 protected:
  std::string render(const PathRef& path) const override;

 private:
  std::unique_ptr<FarSide> side_;
};

}  // namespace xtest
