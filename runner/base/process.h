// SPDX-License-Identifier: Apache-2.0
// The only place that starts and kills programs of the host: compilers, checkers, the agent, servers.
//
// Every program gets a session of its own, an exact environment, default signal dispositions, an empty mask, /dev/null
// as stdin unless told otherwise, and no descriptor above 2 but those passed. "Done" is *exited*; then its pipes get
// one fixed grace, the group is killed while its leader is still a zombie, and only then the leader is reaped. Whether
// it timed out is decided by our own flag, never by the signal.
//
// io_context thread only. run_process() never throws for what the program did or for what kept it from starting; cancelling the awaiting coroutine kills
// the whole group and throws operation_aborted. Destructors kill synchronously.
#pragma once

#include "runner/base/asio.h"
#include "runner/model/completion.h"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xtest {

struct ProcessSpec {
  std::vector<std::string> argv;                   // argv[0] without a slash is looked up on env's PATH
  std::vector<std::string> env;                    // "K=V", exact: nothing is inherited
  std::filesystem::path cwd;                       // empty: ours
  std::optional<std::chrono::milliseconds> limit;
  std::size_t out_head = 1u << 20;                 // bytes kept of the beginning of each stream
  std::size_t out_tail = 64u << 10;                // and of its end
  int stdin_fd = -1;                               // -1: /dev/null; borrowed
  std::vector<std::pair<int, int>> pass_fds;       // our descriptor (borrowed) -> its number in the child
};

Task<Completion> run_process(ProcessSpec spec);

// A long-lived program: the agent, a server. Its output goes to /dev/null unless pass_fds says otherwise; `limit` and
// the output caps are not used.
class Child {
 public:
  // Error: why it could not be started.
  static std::expected<Child, std::string> spawn(asio::any_io_executor executor, const ProcessSpec& spec);

  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();                                        // kill_group()

  pid_t pid() const;
  Task<Termination> wait();                        // until it has exited; any number of times, one at a time
  bool exited_within(std::chrono::milliseconds patience);   // blocks the thread; for destructors
  Termination kill_group();                        // SIGKILL to the group, reaps the child, says how it ended; idempotent

 private:
  struct State;
  explicit Child(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A program that outlives us and is nobody's child any more; `limit` and the output caps are not used. Its pid, or why it
// could not be started.
std::expected<pid_t, std::string> start_detached(const ProcessSpec& spec);

// The first executable file of that name on a PATH; a name with a slash is tested itself.
std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view path);

// The environment of host tools: PATH, HOME, TZ, LANG and TMPDIR fixed, nothing of the user's; `extra` ("K=V") is added or
// replaces.
std::vector<std::string> clean_environment(const std::vector<std::string>& extra = {});

}  // namespace xtest
