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
#include <csignal>
#include <cstdio>
#include <fstream>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using Steady = std::chrono::steady_clock;

constexpr auto start_patience = 20s;
constexpr Steady::duration first_attempt = 1500ms;   // of one log-in: far below the time that a boot may take; then doubled
constexpr Steady::duration stream_patience = 5min;   // some GiB through a compressor on a busy machine
constexpr std::int64_t fastest = 10'000'000'000;     // bytes a second
constexpr auto between_attempts = 50ms;
constexpr auto between_looks = 5ms;
constexpr auto end_patience = 500ms;        // for qemu's end, which the network tells first
constexpr std::size_t console_lines = 10;

std::vector<std::string> command_line(const MachineOptions& options, const std::filesystem::path& program) {
  std::vector<std::string> words{program.string()};
  const auto append = [&](std::vector<std::string> more) { words.insert(words.end(), more.begin(), more.end()); };
  append(hardware(options.recipe, options.image, options.accelerator, options.disk));
  const std::string size = ",id=mem,size=" + std::to_string(options.recipe.machine.memory_mib) + "M";
  const std::string file = ",mem-path=" + escaped(options.memory) + ",share=" + (options.is_clone ? "off" : "on");
  append({"-object", options.memory.empty() ? "memory-backend-ram" + size : "memory-backend-file" + size + file});
  append({"-serial", "file:" + options.console.string(), "-qmp", "stdio", "-qmp", "unix:qmp,server=on,wait=off"});   // in its folder
  if (options.is_clone) append({"-incoming", "defer"});
  return words;
}

// The program that qemu streams to ends after qemu has said that it is done.
Task<bool> appears(std::filesystem::path file) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  for (const auto deadline = Steady::now() + start_patience; !std::filesystem::exists(file);) {
    if (Steady::now() > deadline) co_return false;
    pause.expires_after(between_looks);
    co_await pause.async_wait(asio::use_awaitable);
  }
  co_return true;
}

// Linux, Documentation/scheduler/sched-stats.rst: the first number is the time spent on a processor, in nanoseconds.
std::chrono::nanoseconds time_of_thread(int thread) {
  long long used = 0;
  std::ifstream("/proc/" + std::to_string(thread) + "/schedstat") >> used;
  return std::chrono::nanoseconds(used);
}

}  // namespace

// qemu's end, told by the agent; outlives the machine while the coroutine that waits for it does.
struct Machine::Process {
  std::optional<Completion> ended;
};

std::vector<std::string> hardware(const ImageRecipe& recipe, const MadeImage& image, const std::string& accelerator,
                                  const std::filesystem::path& disk) {
  std::vector<std::string> words = machine_words(recipe, accelerator);
  const auto append = [&](std::vector<std::string> more) { words.insert(words.end(), more.begin(), more.end()); };
  append({"-machine", "memory-backend=mem"});
  append(boot_words(recipe, image, disk));
  append({"-netdev", "user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:0-:" + std::to_string(recipe.reach.port), "-device", "virtio-net-pci,netdev=n,romfile="});
  return words;
}

Machine::Machine(MachineOptions options) : options_(std::move(options)), process_(std::make_shared<Process>()) {}

Machine::~Machine() = default;

Task<std::unique_ptr<Machine>> Machine::start(MachineOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  std::filesystem::create_directories(options.folder);
  std::filesystem::create_directories(options.console.parent_path());
  const auto program = find_program(options.recipe.machine.program, "/usr/bin:/usr/local/bin:/bin");
  if (!program) throw Error(ErrorKind::infra, options.recipe.machine.program + " is not installed");
  std::unique_ptr<Machine> machine(new Machine(std::move(options)));
  AgentOptions agent;
  agent.agent_path = machine->options_.agent;
  machine->agent_ = co_await AgentClient::start(std::move(agent));
  auto control = make_socket_pair();
  const auto complaints = machine->options_.folder / "qemu.log";
  const UniqueFd log(::open(complaints.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  AgentCommand command;
  command.argv = command_line(machine->options_, *program);
  command.env = clean_environment();
  command.cwd = machine->options_.folder;
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

Task<std::string> Machine::monitor(std::string words) {
  nlohmann::json arguments{{"command-line", std::move(words)}};
  co_return (co_await qmp_->execute("human-monitor-command", std::move(arguments))).get<std::string>();
}

// "  TCP[HOST_FORWARD]  12       127.0.0.1 43521       10.0.2.15    22     0     0"
Task<void> Machine::find_port() {
  const std::string text = co_await monitor("info usernet");
  const auto at = text.find("127.0.0.1");
  int port = 0;
  if (at == text.npos || std::sscanf(text.c_str() + at, "127.0.0.1 %d", &port) != 1 || port <= 0)
    throw Error(ErrorKind::infra, "qemu does not say which port it forwards: " + text);
  port_ = static_cast<std::uint16_t>(port);
}

// Memory of a file stays there, and clones map it; the state is everything else. Else it is part of the state.
Task<void> Machine::prepare_migration() {
  if (options_.memory.empty()) {
    nlohmann::json parameters{{"max-bandwidth", fastest}};
    co_await qmp_->execute("migrate-set-parameters", std::move(parameters));
    co_return;
  }
  nlohmann::json capability{{"capability", "x-ignore-shared"}, {"state", true}};
  nlohmann::json arguments{{"capabilities", nlohmann::json::array({capability})}};
  co_await qmp_->execute("migrate-set-capabilities", std::move(arguments));
}

// Asks until the answer's status is another one, and says which.
Task<std::string> Machine::until_status(std::string command, std::string while_it_is) {
  const auto deadline = Steady::now() + (options_.memory.empty() ? stream_patience : Steady::duration(start_patience));
  while (Steady::now() < deadline) {
    const std::string status = (co_await qmp_->execute(command)).value("status", while_it_is);
    if (status != while_it_is) co_return status;
    asio::steady_timer pause(co_await asio::this_coro::executor, between_looks);
    co_await pause.async_wait(asio::use_awaitable);
  }
  throw Error(ErrorKind::infra, "qemu's " + command + " says for too long: " + while_it_is);
}

Task<void> Machine::freeze(std::filesystem::path state) {
  const std::string partial = state.string() + ".partial";
  const std::string writer = options_.memory.empty() ? "zstd -q -f -1 -o " : "cat >";
  co_await qmp_->execute("stop");
  co_await prepare_migration();
  nlohmann::json arguments{{"uri", "exec:" + writer + sh_quote(partial) + " && mv " + sh_quote(partial) + " " + sh_quote(state.string())}};
  co_await qmp_->execute("migrate", std::move(arguments));
  std::string status = "setup";
  for (const char* passing : {"setup", "active", "device"}) {
    if (status == passing) status = co_await until_status("query-migrate", passing);
  }
  if (status != "completed" || !co_await appears(state))
    throw Error(ErrorKind::infra, "qemu could not freeze " + options_.recipe.name + " (" + status + "), or " + state.string() + " could not be written",
                options_.memory.empty() ? "is there room, and is zstd installed?" : "is there room?");
}

Task<void> Machine::thaw(std::filesystem::path state) {
  std::string trouble;
  try {
    co_await prepare_migration();
    nlohmann::json arguments{{"uri", (options_.memory.empty() ? "exec:zstd -q -dc " : "exec:cat ") + sh_quote(state.string())}};
    co_await qmp_->execute("migrate-incoming", std::move(arguments));
    co_await until_status("query-status", "inmigrate");
    co_await qmp_->execute("cont");
    co_return;
  } catch (const Error& error) {
    trouble = error.what();
  }
  co_await find_out_why_lost();
  throw Error(ErrorKind::infra, "the snapshot of " + options_.recipe.name + " cannot be taken up: " + trouble + ": " +
                                    std::string(trim(read_file(options_.folder / "qemu.log").value_or(""))));
}

Task<std::string> Machine::processor_state() {
  std::string text = "its processor";
  try {
    text += " (" + (co_await qmp_->execute("query-status")).value("status", "unknown") + "):\n";
    text += trim(co_await monitor("info registers"));
  } catch (const Error& error) {
    text += ": " + std::string(error.what());
  }
  co_return text;
}

Task<std::optional<std::chrono::microseconds>> Machine::processor_time() try {
  std::chrono::nanoseconds used{0};
  const auto processors = co_await qmp_->execute("query-cpus-fast");
  for (const auto& processor : processors) used += time_of_thread(processor.value("thread-id", 0));
  if (used.count() == 0) co_return std::nullopt;
  co_return std::chrono::duration_cast<std::chrono::microseconds>(used);
} catch (const Error&) {
  co_return std::nullopt;
}

Task<std::unique_ptr<SshConnection>> Machine::connect(std::chrono::milliseconds patience, std::uint16_t through) {
  const auto deadline = Steady::now() + patience;
  SshOptions options;
  options.host = "127.0.0.1";
  options.port = through != 0 ? through : port_;
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

bool Machine::was_killed() const {
  const auto* signalled = process_->ended ? std::get_if<Signalled>(&process_->ended->how) : nullptr;
  return signalled && signalled->number == SIGKILL;
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

std::string Machine::console() const { return read_file(options_.console).value_or(""); }

}  // namespace xtest
