// SPDX-License-Identifier: Apache-2.0
// A session whose programs are started by an agent: host, qemu-user, below Wine's, and in guests.
//
// Each run gets a new empty folder (its cwd, HOME and TMPDIR), a fixed environment and /dev/null as stdin; the agent
// removes the folder afterwards. The session owns the agent; its destructor kills everything that still runs.
#pragma once

#include "emulators/agent/client.h"
#include "emulators/session.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace xtest {

struct AgentPlace {
  std::string name;                          // of the session: "qemu-user#1"
  std::vector<std::string> prefix;           // words before the program: an emulator and its options
  std::vector<std::string> env;              // "K=V" on top of the fixed environment
  std::filesystem::path folders;             // fresh folders are made below it
  std::vector<std::string> overlays = {};    // "LOWER:TARGET": where the libraries that are seen over there lie here
  std::vector<std::string> trace_env = {};   // "K=V" by which the emulator traces system calls; empty: a tracer of the system
};

class AgentSession : public Session {
 public:
  AgentSession(AgentPlace place, std::unique_ptr<AgentClient> agent);
  ~AgentSession() override;

  std::string name() const override { return place_.name; }
  Task<void> stage(std::vector<std::filesystem::path> files) override;
  Task<Completion> run(RunRequest request) override;
  Task<void> close() override;

 protected:
  virtual std::string render(const PathRef& path) const { return path.host.string(); }
  // The first lines of a look: which files of here the ones over there are.
  std::string files_of(const RunRequest& request) const;
  AgentCommand to_agent(const RunRequest& request);
  Task<Completion> run_in_agent(AgentCommand command);
  AgentClient& agent() { return *agent_; }
  const AgentPlace& place() const { return place_; }

 private:
  AgentPlace place_;
  std::unique_ptr<AgentClient> agent_;
  std::uint64_t runs_ = 0;
};

// A look at a hung program without registers and mappings: they are its emulator's. The states of its threads are right.
std::string without_places(const std::string& look);

// The environment of every target program (kyua's rules): nothing of the user's, TZ=UTC, LANG=C, HOME and TMPDIR its
// folder; `extra` ("K=V") is added or replaces.
std::vector<std::string> target_environment(const std::string& folder, const std::vector<std::string>& extra);

}  // namespace xtest
