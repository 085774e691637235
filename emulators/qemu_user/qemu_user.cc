// SPDX-License-Identifier: Apache-2.0
#include "emulators/qemu_user/qemu_user.h"

#include "emulators/agent/agent_session.h"
#include "emulators/diagnosis/registers.h"
#include "emulators/qemu_user/debugger.h"
#include "emulators/settings.h"
#include "runner/base/error.h"
#include "runner/base/process.h"
#include "runner/base/text.h"

#include <unistd.h>

namespace xtest {
namespace {

constexpr std::chrono::milliseconds kUntilHung{3000};   // of a second look
constexpr const char* kPath = "/usr/local/bin:/usr/bin:/bin";

// A debugger's socket has to have a short name.
std::filesystem::path new_socket() {
  static int made = 0;
  return std::filesystem::temp_directory_path() / ("xtest-qemu-" + std::to_string(::getpid()) + "-" + std::to_string(++made));
}

// Ends with its program, also when that is cancelled.
struct Dialogue {
  ~Dialogue() {
    std::error_code ignored;
    debugger->stop();
    std::filesystem::remove(socket, ignored);
  }
  std::shared_ptr<QemuDebugger> debugger;
  std::filesystem::path socket;
};

class QemuSession final : public AgentSession {
 public:
  QemuSession(AgentPlace place, std::unique_ptr<AgentClient> agent, std::vector<std::string> emulator, std::string arch)
      : AgentSession(std::move(place), std::move(agent)), emulator_(std::move(emulator)), arch_(architecture(arch)) {}

  Task<Completion> run(RunRequest request) override {
    const bool is_debugged = request.look == Look::crash || request.look == Look::hang;
    if (is_debugged && arch_ && !request.command.argv.empty()) co_return co_await run_debugged(std::move(request));
    Completion completion = co_await AgentSession::run(std::move(request));
    completion.look = without_places(completion.look);
    co_return completion;
  }

 private:
  Task<Completion> run_debugged(RunRequest request) {
    const std::filesystem::path socket = new_socket();
    AgentCommand command = to_agent(request);
    if (request.look == Look::hang) {
      command.interrupt = true;
      command.limits.wall = std::min(command.limits.wall, kUntilHung);
    }
    const std::string program = command.argv.at(place().prefix.size());
    std::vector<std::string> argv = emulator_;
    argv.insert(argv.end(), {"-strace", "-g", socket.string()});
    argv.insert(argv.end(), command.argv.begin() + static_cast<std::ptrdiff_t>(place().prefix.size()), command.argv.end());
    command.argv = std::move(argv);
    const auto executor = co_await asio::this_coro::executor;
    const auto debugger = std::make_shared<QemuDebugger>(executor, *arch_, socket, program, request.look == Look::hang);
    const Dialogue dialogue{debugger, socket};
    debugger->start();
    Completion completion = co_await run_in_agent(std::move(command));
    const std::string seen = debugger->report(completion.err.text);
    completion.look = seen.empty() ? "" : files_of(request) + seen;
    co_return completion;
  }

  std::vector<std::string> emulator_;      // "qemu-aarch64-static", "-L", SYSROOT
  const Architecture* arch_;
};

class QemuUser final : public Executor {
 public:
  QemuUser(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context)
      : arch_(target.arch), spec_(spec), context_(context) {}

  std::string name() const override { return "qemu-user"; }
  std::string identity() const override {
    return "qemu-user " + version_ + (private_binfmt_ ? " binfmt" : " no-binfmt");
  }
  Capacity capacity() const override { return {}; }
  double slowness() const override { return 10; }

  std::set<std::string> features() const override {
    std::set<std::string> words{"emulated", "qemu-user"};
    if (private_binfmt_) words.insert({"binfmt", "reexec"});
    else words.insert("no-binfmt");
    return words;
  }

  Task<Availability> available() override {
    for (const std::string& name : words_of(spec_, "programs")) {
      if (const auto found = find_program(name, kPath); found && program_.empty()) program_ = *found;
    }
    if (program_.empty())
      co_return Availability{false, "no " + join(words_of(spec_, "programs"), " or ") + " on " + kPath,
                             "qemu-user-static"};
    version_ = co_await ask_version();
    if (version_.empty()) co_return Availability{false, program_.string() + " does not run", "qemu-user-static"};
    const std::string trouble = co_await try_private_binfmt();
    private_binfmt_ = trouble.empty();
    co_return Availability{true,
                           private_binfmt_
                               ? version_ + ", in a namespace with a binfmt_misc of its own"
                               : version_ + " -L " + setting(spec_, "sysroot") + "; no private binfmt_misc: " + trouble,
                           ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    AgentOptions options;
    options.agent_path = context_.agent;
    if (private_binfmt_) options.extra_args = namespace_args();
    auto agent = co_await AgentClient::start(std::move(options));
    const std::string number = std::to_string(++opened_);
    AgentPlace place{"qemu-user#" + number, {}, {}, context_.scratch / ("qemu" + number), words_of(spec_, "overlay"), {"QEMU_STRACE=1"}};
    if (!private_binfmt_) place.prefix = {program_.string(), "-L", setting(spec_, "sysroot")};
    std::vector<std::string> emulator = place.prefix;
    if (emulator.empty()) emulator.push_back(program_.string());
    co_return std::make_unique<QemuSession>(std::move(place), std::move(agent), std::move(emulator), arch_);
  }

 private:
  Task<std::string> ask_version() {
    ProcessSpec spec;
    spec.argv = {program_.string(), "--version"};
    spec.env = clean_environment();
    spec.limit = std::chrono::seconds(20);
    const Completion completion = co_await run_process(std::move(spec));
    if (!exited_with(completion, 0)) co_return "";
    const std::string line(split(completion.out.text, '\n').front());
    co_return program_.filename().string() + " " +
        line.substr(line.find_last_of(' ') == std::string::npos ? 0 : line.find("version ") + 8);
  }

  Task<std::string> try_private_binfmt() {
    AgentOptions options;
    options.agent_path = context_.agent;
    options.extra_args = namespace_args();
    try {
      auto agent = co_await AgentClient::start(std::move(options));
      co_await agent->close();
    } catch (const Error& error) {
      co_return error.what();
    }
    co_return "";
  }

  std::vector<std::string> namespace_args() const {
    std::vector<std::string> args = overlay_args(spec_);
    args.push_back("--binfmt");
    args.push_back("xtest-" + arch_ + ":M::" + setting(spec_, "magic") + ":" + setting(spec_, "mask") + ":" +
                   program_.string() + ":PF");
    return args;
  }

  std::string arch_;
  ExecutorSpec spec_;
  ExecutorContext context_;
  std::filesystem::path program_;
  std::string version_;
  bool private_binfmt_ = false;
  int opened_ = 0;
};

}  // namespace

std::shared_ptr<Executor> make_qemu_user_executor(const Target& target, const ExecutorSpec& spec,
                                                  const ExecutorContext& context) {
  return std::make_shared<QemuUser>(target, spec, context);
}

}  // namespace xtest
