// SPDX-License-Identifier: Apache-2.0
// The runner's side of one agent process: programs go in, Completions come out.
//
// The agent (emulators/agent/main.c) runs its programs strictly one after another; run() may be in flight several
// times, which is a batch (the next program starts without a round trip). Everything happens on the one io_context
// thread. run() never throws for what a program did. When the agent dies, every run that had not ended is Lost, and the
// first of them in order is marked suspect. Cancelling a run() kills its program and throws operation_aborted. start()
// makes an agent on this machine, attach() speaks with one that was started elsewhere; both throw Error{infra} with the
// agent's own words when the place cannot be set up (exit code 125 of the agent: no user namespace, no binfmt_misc,
// ...). The destructor kills synchronously; close() is polite.
#pragma once

#include "emulators/run_line.h"
#include "runner/base/asio.h"
#include "runner/base/fd.h"
#include "runner/model/command.h"
#include "runner/model/completion.h"
#include "runner/model/result_files.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct AgentOptions {
  std::filesystem::path agent_path;
  std::vector<std::string> extra_args;                          // "--userns", "--binfmt", ... (main.c has the list)
  std::optional<std::array<unsigned char, 16>> nonce;           // of the frames; random when absent
  std::chrono::milliseconds patience{10000};                    // for its greeting, and beyond a run's own limit
};

struct AgentCommand {
  std::vector<std::string> argv;                                // argv[0] is an absolute path
  std::vector<std::string> env;                                 // "K=V", exact
  std::string cwd;                                              // absolute; empty: /
  Limits limits;                                                // wall 0: none
  std::chrono::seconds cpu{0};                                  // 0: none
  std::uint64_t address_space = 0, file_size = 0;               // bytes, 0: none
  bool fresh_cwd = false;                                       // made before, removed afterwards
  bool keep_cwd = false;                                        // not removed
  bool interrupt = false;                                       // at the limit SIGINT first, for whoever debugs it
  bool watch = false;                                           // a second look: Completion::look and ::core are filled
  ResultWish results;                                           // files of cwd
  std::string stdin_data;                                       // empty: /dev/null
  std::optional<std::array<int, 3>> pass_fds;                   // borrowed; become 0-2 of the program, no output here (session.h)
  std::optional<TerminalSize> terminal;                         // with pass_fds (session.h)
  std::shared_ptr<RunLine> line;                                // for signals; null: none will come
};

// The way to an agent that runs already.
struct AgentLink {
  std::string name;                         // "/usr/lib/xtest-agent", for errors
  UniqueFd socket;                          // frames, both ways
  std::function<std::string()> last_words;  // why it went: how it ended, what it wrote to stderr; may wait a moment
  std::function<void(std::chrono::milliseconds patience)> stop;   // kills what is left after that; the socket is closed
};

class AgentClient {
 public:
  static Task<std::unique_ptr<AgentClient>> start(AgentOptions options);
  static Task<std::unique_ptr<AgentClient>> attach(AgentLink link, AgentOptions options);   // no path, no words

  ~AgentClient();
  AgentClient(const AgentClient&) = delete;
  AgentClient& operator=(const AgentClient&) = delete;

  Task<Completion> run(AgentCommand command);

  // Makes a file over there, before any run that is asked for afterwards. If that fails, these runs are Lost, nobody being
  // suspect, with the reason. Queued without bound.
  void place(const std::string& path, unsigned mode, std::string_view content);
  void link(const std::string& path, const std::string& name);       // one more name for a file
  void remove(const std::string& path);                              // with everything below it
  Task<void> close();

  bool alive() const;
  const std::string& system() const;                            // "Linux 6.1.0 x86_64", as the agent says

 private:
  struct State;
  explicit AgentClient(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace xtest
