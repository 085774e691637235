// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/local_agent.h"

#include "runner/base/error.h"
#include "runner/base/process.h"

#include <fcntl.h>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;

constexpr int agent_channel = 3;           // the channel's number in the agent
constexpr auto exit_patience = 100ms;      // for the exit code of an agent that has closed its channel

std::string read_available(int fd) {
  std::string text(4096, '\0');
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  const auto size = ::read(fd, text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

struct LocalAgent {
  Child child;
  UniqueFd complaints;   // its stderr

  std::string last_words() {
    std::string words;
    if (child.exited_within(exit_patience)) words = " and " + describe(child.kill_group());
    if (const auto said = read_available(complaints.get()); !said.empty()) words += ": " + said;
    return words;
  }

  void stop(std::chrono::milliseconds patience) {
    child.exited_within(patience);
    child.kill_group();
  }
};

}  // namespace

AgentLink start_local_agent(asio::any_io_executor executor, const AgentOptions& options) {
  auto sockets = make_socket_pair();
  auto complaints = make_pipe();
  ProcessSpec spec;
  spec.argv = {std::filesystem::absolute(options.agent_path), "--fd", std::to_string(agent_channel)};
  spec.argv.insert(spec.argv.end(), options.extra_args.begin(), options.extra_args.end());
  spec.env = clean_environment();
  spec.cwd = "/";
  spec.pass_fds = {{complaints.write.get(), 2}, {sockets.theirs.get(), agent_channel}};
  auto child = Child::spawn(executor, spec);
  if (!child) throw Error(ErrorKind::infra, child.error());
  const auto agent = std::make_shared<LocalAgent>(std::move(*child), std::move(complaints.read));
  return {options.agent_path.string(), std::move(sockets.ours), [agent] { return agent->last_words(); }, [agent](auto patience) { agent->stop(patience); }};
}

}  // namespace xtest
