// SPDX-License-Identifier: Apache-2.0
#include "emulators/run_once.h"
#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/broker/caller.h"
#include "runner/broker/raw_terminal.h"
#include "runner/broker/relay.h"
#include "runner/cli/commands.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/prepare.h"
#include "runner/cli/scratch.h"
#include "runner/cli/warm.h"
#include "runner/store/paths.h"

#include <csignal>
#include <memory>
#include <thread>

namespace xtest {
namespace {

// Descriptors 0-2 as a program may have them: our own, or pipes to another system whose bytes a thread carries.
class Stdio {
 public:
  explicit Stdio(bool carried) {
    if (!carried) return;
    PipeEnds in = make_pipe(), out = make_pipe(), err = make_pipe();
    carrier_ = std::jthread([ends = RelayPipes{in.write.release(), out.read.release(), err.read.release()}] { relay(ends); });
    for (UniqueFd* end : {&in.read, &out.write, &err.write}) ends_.push_back(std::move(*end));
  }
  std::array<int, 3> descriptors() const {
    if (ends_.empty()) return {0, 1, 2};
    return {ends_[0].get(), ends_[1].get(), ends_[2].get()};
  }
  void finish() {   // what was said is out
    ends_.clear();
    if (carrier_.joinable()) carrier_.join();
  }

 private:
  std::jthread carrier_;          // ends when the ends are closed: they go first
  std::vector<UniqueFd> ends_;
};

// As nohup(1) has it: the program shall not get it either.
bool is_ignored(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

TerminalSize size_of_terminal() {
  const WindowSize size = window_size();
  return {size.rows, size.columns};
}

// We were asked to end before there was a program that could be.
struct Interrupted {
  int number = 0;
};

// What is asked of us is asked of the program.
void forward_signals(std::shared_ptr<asio::signal_set> signals, std::shared_ptr<RunLine> line, bool terminal) {
  signals->async_wait([signals, line, terminal](boost::system::error_code error, int number) {
    if (error) return;
    if (number != SIGWINCH && !line->handed_over()) throw Interrupted{number};
    if (number == SIGWINCH && terminal) line->resize(size_of_terminal());
    else line->signal(number);
    forward_signals(signals, line, terminal);
  });
}

std::vector<std::string> environment() {
  std::vector<std::string> pairs;
  for (char** pair = environ; *pair; ++pair) pairs.emplace_back(*pair);
  return pairs;
}

// The front of xtest has found no warm session for this: it gets one of its own.
Task<int> exec(const Registry& registry, ExecOptions options, bool terminal) {
  co_await mention_dead_broker();
  TargetLibrary library = open_targets(find_locations(), options.where);
  const Target& target = library.find(options.where.targets.front());
  const Scratch scratch;
  const Folders folders{find_locations(), scratch.path(), cache_dir(), scratch.path() / "consoles"};
  const Prepared prepared = co_await prepare(registry, target, options.where, folders);
  if (!prepared.executor) require_ready(prepared);
  const auto line = std::make_shared<RunLine>();
  const auto signals = std::make_shared<asio::signal_set>(co_await asio::this_coro::executor);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH}) {
    if (!is_ignored(number)) signals->add(number);
  }
  forward_signals(signals, line, terminal);
  const bool far = is_far(*prepared.executor);
  Stdio stdio(far || terminal);
  const ExecWords words{options.words, environment(), options.env, std::filesystem::current_path(), options.there};
  RunRequest request = exec_request(words, far, stdio.descriptors(), line);
  if (terminal) request.terminal = size_of_terminal();
  const RawTerminal raw(terminal);
  const Completion completion = co_await run_once(*prepared.executor, std::move(request));
  stdio.finish();
  signals->cancel();
  const Ending ending = ending_of(completion.how, options.words.front());
  if (!ending.note.empty()) write_all(2, "xtest: " + ending.note + "\n");
  co_return ending.code;
}

// What xtest itself cannot do is 125, as env(1) and container tools have it.
int guarded(const Registry& registry, const ExecOptions& options, bool terminal = false) {
  try {
    return run_async([&] { return exec(registry, options, terminal); });
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.number;
  } catch (const std::exception& error) {
    write_all(2, std::string("xtest: ") + error.what() + "\n");
    return exit_code::exec_failed;
  }
}

// In the warm session, if one is up, else in one of its own.
int shell(const Registry& registry, const std::vector<std::string>& argv, ExecOptions options) {
  std::vector<std::string> words(argv.begin() + 1, argv.end());
  words.insert(words.end(), {"--there", "--", "sh", "-i"});
  const bool terminal = ::isatty(0) == 1;
  if (const auto code = call_warm(words, terminal)) return *code;
  options.there = true;
  options.words = {"sh", "-i"};
  return guarded(registry, options, terminal);
}

void add_shell(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ExecOptions>();
  auto* command = add_command(app, "shell",
                              "An interactive sh where a target lives: in the guest, on the machine, or here with the target's namespace,\n"
                              "in which its programs start by themselves.\n\n"
                              "  xtest shell --target x86_64-linux-gnu --on vm\n"
                              "  xtest shell --target aarch64-linux-gnu");
  add_exec_options(*command, *options);
  command->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] { return shell(invocation.registry, invocation.argv, *options); };
  });
}

}  // namespace

void add_exec(CLI::App& app, Invocation& invocation) {
  add_shell(app, invocation);
  auto options = std::make_shared<ExecOptions>();
  auto* command = add_command(
      app, "exec",
      "Runs one program of a target where that target lives; stdin, stdout, stderr, signals and the exit code are\n"
      "the program's own (128+n for signal n, 125 when xtest itself failed). In a guest or on another machine it gets an\n"
      "empty folder and no more environment than --env says. With a session that `xtest up` keeps it starts at once.\n\n"
      "  xtest exec --target aarch64-linux-gnu -- ./prog --flag\n"
      "  xtest exec --target x86_64-linux-gnu --on vm --env LANG=C.UTF-8 -- ./prog <input\n"
      "  xtest exec --target x86_64-linux-gnu --on vm --there -- uname -a\n"
      "  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER='xtest exec -t aarch64-linux-gnu --' cargo test");
  add_exec_options(*command, *options);
  command->add_option("PROG", options->words, "program and its arguments, after --")->required();
  command->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] { return guarded(invocation.registry, *options); };
  });
}

}  // namespace xtest
