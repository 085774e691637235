// SPDX-License-Identifier: Apache-2.0
// The SSH connection against a real sshd of this machine.
#include "emulators/ssh/bridge.h"
#include "emulators/ssh/connection.h"
#include "emulators/ssh/key.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "tests/support/run_task.h"
#include "tests/support/ssh_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;

class Ssh : public testing::Test {
 protected:
  void SetUp() override {
    if (!server_.why_not().empty()) GTEST_SKIP() << server_.why_not();
  }

  SshConnection& connection() {
    if (!connection_) connection_ = run_task(io_, SshConnection::open(server_.options()));
    return *connection_;
  }
  Completion run(std::string command, std::string input = {}) {
    return run_task(io_, connection().run(std::move(command), std::move(input)));
  }
  ExecOverSsh exec() {
    return [this](std::string command, SshOutput output) { return connection().exec(std::move(command), std::move(output)); };
  }
  std::string error_of(SshOptions options) {
    try {
      run_task(io_, SshConnection::open(std::move(options)));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::infra);
      return error.what();
    }
    return "no error";
  }

  asio::io_context io_;
  SshServer server_{io_};
  std::unique_ptr<SshConnection> connection_;
};

TEST_F(Ssh, RunsACommandAndKeepsItsStreamsApart) {
  const Completion completion = run("sh -c 'cat; echo err >&2; exit 7'", "through");
  EXPECT_EQ(completion.how, Termination(Exited{7}));
  EXPECT_EQ(completion.out.text, "through");
  EXPECT_EQ(completion.err.text, "err\n");
}

TEST_F(Ssh, TellsASignalByName) {
  const Completion completion = run("kill -SEGV $$");
  ASSERT_TRUE(std::holds_alternative<Signalled>(completion.how)) << describe(completion.how);
  EXPECT_EQ(std::get<Signalled>(completion.how).name, "SEGV");
}

TEST_F(Ssh, CarriesMegabytesBothWaysAndOnBothStreams) {
  const std::string input(3u << 20, 'x');
  const Completion completion = run("tee /dev/stderr", input);
  EXPECT_EQ(completion.how, Termination(Exited{0}));
  EXPECT_EQ(completion.out.text.size(), input.size());
  EXPECT_EQ(completion.err.text.size(), input.size());
}

TEST_F(Ssh, RunsSeveralCommandsAtOnce) {
  std::vector<std::string> said;
  for (int i = 0; i < 8; ++i) {
    asio::co_spawn(io_, connection().run("sleep 0.1; echo " + std::to_string(i)),
                   [&](std::exception_ptr, const Completion& completion) { said.push_back(completion.out.text); });
  }
  io_.restart();
  while (said.size() < 8 && io_.run_one_for(10s) != 0) {}
  std::ranges::sort(said);
  EXPECT_EQ(said, (std::vector<std::string>{"0\n", "1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n"}));
}

TEST_F(Ssh, RefusesAHostWhoseKeyIsAnother) {
  SshOptions options = server_.options();
  options.host_keys = {make_key_pair(server_.folder() / "other")};
  EXPECT_THAT(error_of(options), HasSubstr("another host key than the one that is known"));
}

TEST_F(Ssh, SaysThatAKeyIsNotAccepted) {
  SshOptions options = server_.options();
  options.private_key = server_.folder() / "stranger";
  make_key_pair(options.private_key);
  EXPECT_THAT(error_of(options), HasSubstr("does not accept the key"));
}

TEST_F(Ssh, SaysThatNobodyListens) {
  server_.kill();
  EXPECT_THAT(error_of(server_.options()), HasSubstr("cannot connect to 127.0.0.1:"));
}

TEST_F(Ssh, GivesUpOnAServerThatDoesNotAnswer) {
  SshOptions options = server_.options();
  options.patience = 500ms;
  ::kill(server_.pid(), SIGSTOP);
  const std::string said = error_of(options);
  ::kill(server_.pid(), SIGCONT);
  EXPECT_THAT(said, HasSubstr("did not answer in time"));
}

TEST_F(Ssh, ALostConnectionLosesItsCommands) {
  std::optional<Completion> completion;
  asio::co_spawn(io_, connection().run("sleep 60"),
                 [&](std::exception_ptr, Completion ended) { completion = std::move(ended); });
  io_.restart();
  io_.run_for(500ms);
  const Completion killer = run("kill -9 $PPID");
  EXPECT_TRUE(std::holds_alternative<Lost>(killer.how)) << describe(killer.how);
  io_.restart();
  while (!completion && io_.run_one_for(10s) != 0) {}
  ASSERT_TRUE(completion);
  EXPECT_TRUE(std::holds_alternative<Lost>(completion->how)) << describe(completion->how);
  EXPECT_FALSE(connection().alive());
}

TEST_F(Ssh, AnAgentOverTheConnectionRunsPrograms) {
  AgentLink link = run_task(io_, start_agent_over_ssh(exec(), std::string("exec ") + XTEST_AGENT));
  const auto agent = run_task(io_, AgentClient::attach(std::move(link), {}));
  AgentCommand command;
  command.argv = {XTEST_MISBEHAVE, "exit", "3"};
  EXPECT_EQ(run_task(io_, agent->run(command)).how, Termination(Exited{3}));
  command.argv = {XTEST_MISBEHAVE, "print", "3000000"};
  command.limits.out_head = 4u << 20;
  EXPECT_EQ(run_task(io_, agent->run(command)).out.text.size(), 3000000u);
  run_task(io_, agent->close());
  EXPECT_FALSE(agent->alive());
  EXPECT_EQ(run("echo still here").out.text, "still here\n");
}

TEST_F(Ssh, AnAgentThatCannotStartSaysWhy) {
  AgentLink link = run_task(io_, start_agent_over_ssh(exec(), "exec /nonexistent/agent"));
  try {
    run_task(io_, AgentClient::attach(std::move(link), {}));
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("exited with 127"));
    EXPECT_THAT(error.what(), HasSubstr("nonexistent"));
  }
}

TEST_F(Ssh, AKeyBecomesOneOfDropbears) {
  make_key_pair(server_.folder() / "mine");
  const auto file = server_.folder() / "mine.dropbear";
  ASSERT_EQ(write_file(file, to_dropbear(*read_file(server_.folder() / "mine"))), 0);
  if (!find_program("dropbearkey", "/usr/bin")) GTEST_SKIP() << "dropbearkey is not installed";
  ProcessSpec spec;
  spec.argv = {"/usr/bin/dropbearkey", "-y", "-f", file};
  spec.env = clean_environment();
  const Completion shown = run_task(io_, run_process(spec));
  EXPECT_THAT(shown.out.text, HasSubstr(read_file(server_.folder() / "mine.pub")->substr(0, 60)));
}

}  // namespace
}  // namespace xtest
