// SPDX-License-Identifier: Apache-2.0
#include "emulators/host/host.h"

#include "emulators/agent/agent_session.h"
#include "emulators/settings.h"
#include "runner/base/error.h"

#include <sys/utsname.h>

#include <algorithm>


namespace xtest {
namespace {

// The first program of a 32-bit x86 system: `exit(0)` in 91 bytes, to see whether the kernel runs such programs at all.
constexpr unsigned char kTinyI386[] = {
    0x7f, 'E',  'L',  'F',  1,    1,    1,    0,    0,    0,    0,    0,    0,  0,    0,    0,  // ident
    2,    0,    3,    0,    1,    0,    0,    0,    0x54, 0x80, 0x04, 0x08, 52, 0,    0,    0,  // type, machine, entry
    0,    0,    0,    0,    0,    0,    0,    0,    52,   0,    32,   0,    1,  0,    0,    0,  // header sizes
    0,    0,    0,    0,    1,    0,    0,    0,    0,    0,    0,    0,    0,  0x80, 0x04, 0x08,  // PT_LOAD
    0,    0x80, 0x04, 0x08, 91,   0,    0,    0,    91,   0,    0,    0,    5,  0,    0,    0,  // sizes, flags
    0,    0x10, 0,    0,    0x31, 0xdb, 0x31, 0xc0, 0x40, 0xcd, 0x80};  // exit(0)

std::string machine() {
  utsname name{};
  ::uname(&name);
  return name.machine;
}

std::string kernel() {
  utsname name{};
  ::uname(&name);
  return name.release;
}

class HostExecutor final : public Executor {
 public:
  HostExecutor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context)
      : arch_(target.arch), spec_(spec), context_(context) {}

  std::string name() const override { return "host"; }
  std::string identity() const override { return "host " + machine() + " " + kernel(); }
  std::set<std::string> features() const override { return {"host", "native", "binfmt", "reexec"}; }
  Capacity capacity() const override { return {}; }
  double slowness() const override { return 1; }

  Task<Availability> available() override {
    const std::string here = machine();
    const auto machines = words_of(spec_, "machines");
    if (arch_ != here && std::ranges::find(machines, here) == machines.end())
      co_return Availability{false, "this host is " + here + ", the target is " + arch_, ""};
    std::string trouble;
    try {
      auto session = co_await open();
      if (arch_ == "i686" && here != arch_) trouble = co_await try_tiny_program(*session);
      co_await session->close();
    } catch (const Error& error) {
      trouble = error.what();
    }
    if (!trouble.empty()) co_return Availability{false, trouble, ""};
    co_return Availability{true, arch_ + " programs run on this " + here + " kernel", ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    AgentOptions options;
    options.agent_path = context_.agent;
    if (!setting(spec_, "overlay").empty()) options.extra_args = overlay_args(spec_);
    auto agent = co_await AgentClient::start(std::move(options));
    AgentPlace place{
        "host#" + std::to_string(++opened_), {}, {}, context_.scratch / ("host" + std::to_string(opened_)), words_of(spec_, "overlay")};
    co_return std::make_unique<AgentSession>(std::move(place), std::move(agent));
  }

 private:
  Task<std::string> try_tiny_program(Session& session) {
    const auto program = context_.scratch / "tiny-i386";
    write_program(program, std::string_view(reinterpret_cast<const char*>(kTinyI386), sizeof kTinyI386));
    RunRequest request;
    request.command.argv.push_back(PathRef{program});
    request.command.limits.wall = std::chrono::seconds(10);
    const Completion completion = co_await session.run(std::move(request));
    co_return exited_with(completion, 0) ? "" : "this kernel runs no 32-bit x86 programs: " + describe(completion.how);
  }

  std::string arch_;
  ExecutorSpec spec_;
  ExecutorContext context_;
  int opened_ = 0;
};

}  // namespace

std::shared_ptr<Executor> make_host_executor(const Target& target, const ExecutorSpec& spec,
                                             const ExecutorContext& context) {
  return std::make_shared<HostExecutor>(target, spec, context);
}

}  // namespace xtest
