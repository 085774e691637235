// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/machine.h"

#include "emulators/vm/overlay.h"
#include "emulators/vm/qemu_words.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "runner/base/text.h"

#include <nlohmann/json.hpp>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Steady = std::chrono::steady_clock;

constexpr auto start_patience = 20s;
constexpr Steady::duration first_attempt = 1500ms;   // of one log-in: far below the time that a boot may take; then doubled
constexpr auto between_attempts = 50ms;
constexpr auto end_patience = 500ms;        // for qemu's end, which the network tells first
constexpr std::size_t console_lines = 10;

std::vector<std::string> command_line(const MachineOptions& options, const std::filesystem::path& program, const std::filesystem::path& disk) {
  std::vector<std::string> words{program.string()};
  const auto append = [&](std::vector<std::string> more) { words.insert(words.end(), more.begin(), more.end()); };
  append(machine_words(options.recipe, "tcg"));
  append(boot_words(options.recipe, options.image, disk));
  append({"-serial", "file:" + (options.folder / "console").string(), "-qmp", "stdio", "-netdev",
          "user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:0-:" + std::to_string(options.recipe.reach.port), "-device",
          "virtio-net-pci,netdev=n,romfile="});
  return words;
}

}  // namespace

// qemu's end, told by the agent; outlives the machine while the coroutine that waits for it does.
struct Machine::Process {
  std::optional<Completion> ended;
};

Machine::Machine(MachineOptions options) : options_(std::move(options)), process_(std::make_shared<Process>()) {}

Machine::~Machine() = default;

Task<std::unique_ptr<Machine>> Machine::start(MachineOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  std::filesystem::create_directories(options.folder);
  const auto program = find_program(options.recipe.machine.program, "/usr/bin:/usr/local/bin:/bin");
  if (!program) throw Error(ErrorKind::infra, options.recipe.machine.program + " is not installed");
  std::filesystem::path disk;
  if (auto base = base_disk(options.recipe, options.image)) {
    disk = options.folder / "disk.qcow2";
    co_await make_overlay(std::move(*base), disk);
  }
  std::unique_ptr<Machine> machine(new Machine(std::move(options)));
  AgentOptions agent;
  agent.agent_path = machine->options_.agent;
  machine->agent_ = co_await AgentClient::start(std::move(agent));
  auto control = make_socket_pair();
  const auto complaints = machine->options_.folder / "qemu.log";
  const UniqueFd log(::open(complaints.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  AgentCommand command;
  command.argv = command_line(machine->options_, *program, disk);
  command.env = clean_environment();
  command.pass_fds = std::array{control.theirs.get(), control.theirs.get(), log.get()};
  asio::co_spawn(executor, machine->agent_->run(std::move(command)),
                 [process = machine->process_](std::exception_ptr, Completion completion) { process->ended = std::move(completion); });
  co_await asio::post(executor, asio::use_awaitable);   // the descriptors have been sent
  control.theirs.reset();
  std::string trouble;
  try {
    machine->qmp_ = co_await Qmp::open(std::move(control.ours), start_patience);
    co_await machine->find_port();
  } catch (const Error& error) {
    trouble = error.what();
  }
  if (trouble.empty()) co_return machine;
  const std::string why = co_await machine->find_out_why_lost();
  throw Error(ErrorKind::infra, trouble + (why.empty() ? "" : " (" + why + ")") + ": " + std::string(trim(read_file(complaints).value_or(""))));
}

// "  TCP[HOST_FORWARD]  12       127.0.0.1 43521       10.0.2.15    22     0     0"
Task<void> Machine::find_port() {
  nlohmann::json arguments{{"command-line", "info usernet"}};
  const std::string text = (co_await qmp_->execute("human-monitor-command", std::move(arguments))).get<std::string>();
  const auto at = text.find("127.0.0.1");
  int port = 0;
  if (at == text.npos || std::sscanf(text.c_str() + at, "127.0.0.1 %d", &port) != 1 || port <= 0)
    throw Error(ErrorKind::infra, "qemu does not say which port it forwards: " + text);
  port_ = static_cast<std::uint16_t>(port);
}

Task<std::unique_ptr<SshConnection>> Machine::connect(std::chrono::milliseconds patience) {
  const auto deadline = Steady::now() + patience;
  SshOptions options;
  options.host = "127.0.0.1";
  options.port = port_;
  options.user = options_.recipe.reach.user;
  options.private_key = options_.image.user_key();
  options.host_keys = {options_.image.host_key()};
  std::string last;
  for (auto attempt = first_attempt; Steady::now() < deadline; attempt *= 2) {
    if (const std::string why = why_lost(); !why.empty())
      throw Error(ErrorKind::infra, options_.recipe.name + " was lost: " + why + last_lines());
    options.patience = std::chrono::duration_cast<std::chrono::milliseconds>(std::min(attempt, deadline - Steady::now()));
    try {
      auto connection = co_await SshConnection::open(options);
      const Completion said = co_await connection->run("true");
      if (exited_with(said, 0)) co_return connection;
      last = "`true` " + describe(said.how);
    } catch (const Error& error) {
      last = error.what();
    }
    asio::steady_timer pause(co_await asio::this_coro::executor, between_attempts);
    co_await pause.async_wait(asio::use_awaitable);
  }
  throw Error(ErrorKind::infra, options_.recipe.name + " did not come up in " + std::to_string(patience.count() / 1000) + " s: " + last + last_lines());
}

std::string Machine::why_lost() const {
  const std::string text = console();
  for (const std::string& panic : options_.recipe.panic) {
    const auto at = text.find(panic);
    if (at != text.npos) return std::string(trim(std::string_view(text).substr(at, text.find('\n', at) - at)));
  }
  return process_->ended ? "qemu " + describe(process_->ended->how) : "";
}

Task<std::string> Machine::find_out_why_lost() {
  for (const auto deadline = Steady::now() + end_patience; why_lost().empty() && Steady::now() < deadline;) {
    asio::steady_timer pause(co_await asio::this_coro::executor, between_attempts);
    co_await pause.async_wait(asio::use_awaitable);
  }
  co_return why_lost();
}

std::string Machine::last_lines() const {
  const std::string text = console();
  const auto lines = split(trim(text), '\n');
  std::string last;
  for (std::size_t at = lines.size() - std::min(lines.size(), console_lines); at < lines.size(); ++at)
    last += "\n  | " + std::string(trim(lines[at]));
  return last;
}

std::string Machine::console() const { return read_file(options_.folder / "console").value_or(""); }

}  // namespace xtest
