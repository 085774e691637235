// SPDX-License-Identifier: Apache-2.0
// The agent's private world, with a real emulator and a real cross compiler where the machine has them.
#include "emulators/agent/client.h"

#include "runner/base/error.h"
#include "runner/base/process.h"
#include "tests/support/run_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

namespace xtest {
namespace {

using std::chrono_literals::operator""s;
using testing::EndsWith;
using testing::HasSubstr;

namespace fs = std::filesystem;

constexpr auto registration =
    R"(xtest-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:)"
    R"(\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:)";

class AgentNamespace : public testing::Test {
 protected:
  AgentNamespace() {
    std::string pattern = fs::temp_directory_path() / "xtest-namespace-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AgentNamespace() override {
    client_.reset();
    fs::remove_all(folder_);
  }

  // False: this machine does not allow what the test is about.
  bool open(std::vector<std::string> arguments) {
    AgentOptions options;
    options.agent_path = XTEST_AGENT;
    options.extra_args = std::move(arguments);
    try {
      client_ = run_task(io_, AgentClient::start(std::move(options)));
    } catch (const Error& error) {
      why_ = error.what();
    }
    return client_ != nullptr;
  }
  Completion run(std::vector<std::string> argv) {
    AgentCommand command;
    command.argv = std::move(argv);
    command.limits.wall = 20s;
    return run_task(io_, client_->run(std::move(command)));
  }
  // Builds misbehave.c for aarch64; empty when the machine has no compiler or emulator for it.
  fs::path cross_program() {
    const auto path = "/usr/bin:/bin";
    const auto compiler = find_program("aarch64-linux-gnu-gcc", path);
    emulator_ = find_program("qemu-aarch64-static", path).value_or("");
    if (!compiler || emulator_.empty()) return {};
    const std::string source = XTEST_SOURCE_DIR "/tests/helpers/misbehave.c";
    ProcessSpec spec;
    spec.argv = {*compiler, "-D_GNU_SOURCE", source, "-o", folder_ / "misbehave"};
    spec.env = clean_environment();
    const auto built = run_task(io_, run_process(spec));
    EXPECT_TRUE(exited_with(built, 0)) << built.err.text;
    return folder_ / "misbehave";
  }
  std::vector<std::string> emulation() {
    return {"--userns", "--overlay", "/usr/aarch64-linux-gnu/lib:/usr/lib", "--binfmt",
            registration + emulator_.string() + ":PF"};
  }

  asio::io_context io_;
  fs::path folder_, emulator_;
  std::unique_ptr<AgentClient> client_;
  std::string why_;
};

TEST_F(AgentNamespace, RunsTargetProgramsAsIfTheyWereNative) {
  const auto program = cross_program();
  if (program.empty()) GTEST_SKIP() << "no aarch64-linux-gnu-gcc or qemu-aarch64-static";
  if (!open(emulation())) GTEST_SKIP() << why_;
  EXPECT_EQ(run({program, "exit", "7"}).how, Termination(Exited{7}));
  EXPECT_EQ(run({program, "env"}).out.text, "") << "an empty environment stays empty and the loader is found";
  EXPECT_EQ(run({program, "reexec", "3"}).out.text, "arrived\n");
  EXPECT_EQ(run({program, "signal", "11"}).how, Termination(Signalled(11, "SEGV")));
  EXPECT_EQ(run({"/bin/sh", "-c", program.string() + " exit 9"}).how, Termination(Exited{9}));
  const auto script = folder_ / "script";
  std::ofstream(script) << "#!" << program.string() << " cwd\n";
  fs::permissions(script, fs::perms::owner_all);
  const auto from_script = run({script});
  EXPECT_EQ(from_script.out.text, "/\n") << from_script.err.text;
}

TEST_F(AgentNamespace, ItsRegistrationIsNotSeenOutside) {
  const auto program = cross_program();
  if (program.empty()) GTEST_SKIP() << "no aarch64-linux-gnu-gcc or qemu-aarch64-static";
  if (!open(emulation())) GTEST_SKIP() << why_;
  EXPECT_EQ(run({"/bin/sh", "-c", "test -e /proc/sys/fs/binfmt_misc/xtest-aarch64"}).how, Termination(Exited{0}));
  EXPECT_FALSE(fs::exists("/proc/sys/fs/binfmt_misc/xtest-aarch64"));
  EXPECT_FALSE(fs::exists("/usr/lib/ld-linux-aarch64.so.1"));
}

TEST_F(AgentNamespace, AUserKeepsItsNumberOrBecomesRoot) {
  if (!open({"--userns"})) GTEST_SKIP() << why_;
  EXPECT_EQ(run({"/usr/bin/id", "-u"}).out.text, std::to_string(::geteuid()) + "\n");
  client_.reset();
  ASSERT_TRUE(open({"--userns=root"})) << why_;
  EXPECT_EQ(run({"/usr/bin/id", "-u"}).out.text, "0\n");
}

TEST_F(AgentNamespace, APidNamespaceHoldsEverythingBack) {
  if (!open({"--userns", "--pidns"})) GTEST_SKIP() << why_;
  EXPECT_EQ(run({"/bin/sh", "-c", "set -- /proc/[0-9]*; echo $#"}).out.text, "2\n") << "the agent and sh";
  EXPECT_EQ(run({"/bin/sh", "-c", "kill -9 -1; sleep 0"}).how, Termination(Exited{0}));
  const auto stray = run({XTEST_MISBEHAVE, "daemonize"});
  EXPECT_EQ(stray.how, Termination(Exited{0}));
  EXPECT_THAT(stray.strays, testing::ElementsAre(HasSubstr(" misbehave")));
  EXPECT_EQ(run({"/bin/true"}).how, Termination(Exited{0}));
}

TEST_F(AgentNamespace, ABindPutsAFolderElsewhere) {
  fs::create_directories(folder_ / "from");
  fs::create_directories(folder_ / "to");
  std::ofstream(folder_ / "from" / "file") << "here";
  if (!open({"--userns", "--bind", (folder_ / "from").string() + ":" + (folder_ / "to").string()}))
    GTEST_SKIP() << why_;
  EXPECT_EQ(run({"/bin/cat", folder_ / "to" / "file"}).out.text, "here");
  EXPECT_FALSE(fs::exists(folder_ / "to" / "file"));
}

TEST_F(AgentNamespace, WhatCannotBeSetUpIsSaidInOneLine) {
  EXPECT_FALSE(open({"--userns", "--bind", "no-colon"}));
  if (!why_.ends_with("exited with 125: cannot mount 'no-colon': want FROM:TO")) GTEST_SKIP() << why_;
  EXPECT_FALSE(open({"--userns", "--overlay", "/proc/nonexistent:/usr/lib"}));
  EXPECT_THAT(why_, EndsWith("exited with 125: cannot mount '/proc/nonexistent': No such file or directory"));
  EXPECT_FALSE(open({"--userns", "--binfmt", "nonsense"}));
  EXPECT_THAT(why_, EndsWith("cannot write '/proc/sys/fs/binfmt_misc/register': Invalid argument"));
}

}  // namespace
}  // namespace xtest
