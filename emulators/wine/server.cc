// SPDX-License-Identifier: Apache-2.0
#include "emulators/wine/server.h"

#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/process.h"

#include <fcntl.h>

#include <array>
#include <utility>

namespace xtest {
namespace {

constexpr auto kPatience = std::chrono::minutes(2);   // a first start on a busy machine

// Says the exit code of the first program on stdout, then stays as long as the server does.
constexpr const char* kScript = R"(trap '"$0" -k' TERM
"$0" -f -p >/dev/null & "$1" cmd /c exit >/dev/null; echo $?; exec >/dev/null; wait)";

// TERM comes when the agent dies, of whatever.
std::vector<std::string> words_before_script() {
  std::vector<std::string> words{"/bin/sh", "-c", kScript};
  if (const auto setpriv = find_program("setpriv", "/usr/bin:/bin"))
    words.insert(words.begin(), {setpriv->string(), "--pdeathsig", "TERM"});
  return words;
}

AgentCommand server_command(const WineTools& tools, const std::filesystem::path& prefix) {
  AgentCommand command;
  command.argv = words_before_script();
  command.argv.insert(command.argv.end(), {tools.server.string(), tools.wine.string()});
  command.env = clean_environment(wine_environment(prefix));
  return command;
}

// Runs it to its end, which is the end of the agent.
Task<void> hold(AgentClient* client, AgentCommand command, UniqueFd null, UniqueFd answer) {
  command.pass_fds = std::array{null.get(), answer.get(), null.get()};
  co_await client->run(std::move(command));
}

Task<std::string> read_line(UniqueFd from) {
  asio::posix::stream_descriptor pipe(co_await asio::this_coro::executor, from.release());
  asio::steady_timer limit(pipe.get_executor(), kPatience);
  limit.async_wait([&pipe](boost::system::error_code error) {
    if (!error) pipe.cancel();
  });
  std::string text;
  boost::system::error_code error;
  while (!error && !text.ends_with('\n')) {
    char bytes[16];
    const auto size =
        co_await pipe.async_read_some(asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    text.append(bytes, size);
  }
  const auto cancelled = co_await asio::this_coro::cancellation_state;
  if (cancelled.cancelled() != asio::cancellation_type::none)
    throw boost::system::system_error(asio::error::operation_aborted);
  co_return text;
}

}  // namespace

Task<std::unique_ptr<AgentClient>> start_wine_server(WineTools tools, std::filesystem::path prefix,
                                                     std::filesystem::path agent) {
  AgentOptions options;
  options.agent_path = std::move(agent);
  auto client = co_await AgentClient::start(std::move(options));
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto answer = make_pipe();
  AgentCommand command = server_command(tools, prefix);
  asio::co_spawn(co_await asio::this_coro::executor,
                 hold(client.get(), std::move(command), std::move(null), std::move(answer.write)), asio::detached);
  const std::string said = co_await read_line(std::move(answer.read));
  if (said != "0\n")
    throw Error(ErrorKind::infra,
                "the first program under Wine in " + prefix.string() +
                    (said.empty() ? " did not end" : " exited with " + said.substr(0, said.size() - 1)));
  co_return client;
}

}  // namespace xtest
