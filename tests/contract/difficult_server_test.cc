// SPDX-License-Identifier: Apache-2.0
// Servers and connections that make trouble, each a real one: a right verdict, or an error that names the trouble.
#include "emulators/ssh/key.h"
#include "runner/base/error.h"
#include "tests/support/contract_place.h"
#include "tests/support/run_task.h"
#include "tests/support/slow_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <fstream>

namespace xtest {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Words = std::vector<std::string>;

class DifficultServer : public testing::TestWithParam<std::string> {       // the driver
 protected:
  ContractPlace& place(Words configuration = {}) {
    ContractRow row{"difficult", "x86_64-unknown-linux-gnu", "remote", {{"driver", GetParam()}}};
    row.configuration = std::move(configuration);
    place_ = std::make_unique<ContractPlace>(row);
    return *place_;
  }
  std::string how(Words words) { return describe(place_->run(std::move(words)).how); }
  std::string why_not_with(const std::map<std::string, std::string>& settings) {
    const Availability availability = run_task(place_->io(), place_->another(settings)->available());
    EXPECT_FALSE(availability.usable);
    return availability.why;
  }
  // A program that hangs, with a limit; then something happens to what serves the connection.
  Completion disturbed(const std::string& word, int signal) {
    RunRequest request = place_->request({"hang", word});
    request.command.limits.wall = 3s;
    place_->stage(request);
    std::optional<Completion> result;
    asio::co_spawn(place_->io(), place_->session().run(request), [&](std::exception_ptr, Completion completion) { result = std::move(completion); });
    place_->io().restart();
    for (int turn = 0; turn < 100 && processes_with(word).empty(); ++turn) place_->io().run_for(50ms);
    EXPECT_FALSE(processes_with(word).empty());
    for (const pid_t pid : place_->server().connections()) ::kill(pid, signal);
    place_->io().restart();
    for (int turn = 0; turn < 600 && !result; ++turn) place_->io().run_for(100ms);
    return result.value_or(Completion{});
  }

  std::unique_ptr<ContractPlace> place_;
};

TEST_P(DifficultServer, ThatAllowsOneChannelAConnectionGetsMoreConnections) {
  if (!place({"MaxSessions 1"}).why_not().empty()) GTEST_SKIP() << place_->why_not();
  EXPECT_EQ(how({"exit", "7"}), "exited with 7");
  EXPECT_EQ(how({"die", "null"}), "killed by SEGV (11)");
  RunRequest late = place_->request({"hang", "one-channel"});
  late.command.limits.wall = 1s;
  EXPECT_EQ(describe(place_->run(late).how), "ran into its time limit");
}

TEST_P(DifficultServer, ThatAllowsNoChannelIsNamed) {
  if (!place({"MaxSessions 0"}).server().why_not().empty()) GTEST_SKIP() << place_->why_not();
  EXPECT_THAT(place_->why_not(), HasSubstr("opens no channel"));
}

TEST_P(DifficultServer, ThatSetsAnEnvironmentOfItsOwnDoesNotReachThePrograms) {
  if (!place({"SetEnv INTRUDER=1 LANG=xx_XX LC_ALL=yy_YY TZ=EST5"}).why_not().empty()) GTEST_SKIP() << place_->why_not();
  RunRequest request = place_->request({"env"});
  request.command.env = {"OF_THE_COMMAND=arrives although the server accepts none"};
  const std::string seen = place_->run(std::move(request)).out.text;
  EXPECT_THAT(seen, HasSubstr("OF_THE_COMMAND=arrives although the server accepts none\n"));
  EXPECT_THAT(seen, HasSubstr("LANG=C\n"));
  EXPECT_THAT(seen, HasSubstr("TZ=UTC\n"));
  EXPECT_THAT(seen, testing::Not(HasSubstr("INTRUDER")));
  EXPECT_EQ(std::ranges::count(seen, '\n'), 6) << seen;
}

TEST_P(DifficultServer, WithAnotherHostKeyIsRefused) {
  if (!place().why_not().empty()) GTEST_SKIP() << place_->why_not();
  const auto known = place_->folder() / "known";
  std::ofstream(known) << "[127.0.0.1]:" << place_->server().options().port << " " << make_key_pair(place_->folder() / "other") << "\n";
  EXPECT_THAT(why_not_with({{"known_hosts", known}}), testing::AllOf(HasSubstr("another host key"), HasSubstr("ssh-keygen -R")));
}

TEST_P(DifficultServer, ThatRefusesTheKeyIsNamed) {
  if (!place().why_not().empty()) GTEST_SKIP() << place_->why_not();
  make_key_pair(place_->folder() / "stranger");
  EXPECT_THAT(why_not_with({{"key", place_->folder() / "stranger"}}), HasSubstr("does not accept the key"));
}

TEST_P(DifficultServer, ThatDoesNotListenOrSpeaksNoSshIsNamed) {
  if (!place().why_not().empty()) GTEST_SKIP() << place_->why_not();
  place_->server().kill();
  const std::string port = std::to_string(place_->server().options().port);
  EXPECT_THAT(why_not_with({}), HasSubstr("cannot connect to 127.0.0.1:" + port));
  asio::ip::tcp::acceptor other(place_->io(), {asio::ip::address_v4::loopback(), place_->server().options().port});   // the port is taken
  other.async_accept([](boost::system::error_code, asio::ip::tcp::socket socket) {
    boost::system::error_code ignored;
    socket.write_some(asio::buffer("220 mail.example ESMTP\r\n", 24), ignored);
  });
  EXPECT_THAT(why_not_with({}), HasSubstr("cannot speak SSH"));
}

TEST_P(DifficultServer, ThatIsKilledLosesTheRunAndLeavesNothing) {
  if (!place().why_not().empty()) GTEST_SKIP() << place_->why_not();
  const std::string word = place_->folder().filename().string() + "-killed";
  EXPECT_THAT(describe(disturbed(word, SIGKILL).how), testing::AllOf(StartsWith("was lost: "), HasSubstr("the connection was")));
  EXPECT_THAT(processes_left_with(word), IsEmpty());
  place_->drop_session();
  EXPECT_EQ(how({"exit", "7"}), "exited with 7");
}

TEST_P(DifficultServer, ThatIsStoppedLosesTheRunInTime) {
  if (!place().why_not().empty()) GTEST_SKIP() << place_->why_not();
  const std::string word = place_->folder().filename().string() + "-stopped";
  EXPECT_THAT(describe(disturbed(word, SIGSTOP).how), StartsWith("was lost: "));
  for (const pid_t pid : place_->server().connections()) ::kill(pid, SIGKILL);
  place_->drop_session();
  EXPECT_THAT(processes_left_with(word), IsEmpty());
  EXPECT_EQ(how({"exit", "7"}), "exited with 7");
}

TEST_P(DifficultServer, FarAwayGivesTheSameVerdicts) {
  if (!place().why_not().empty()) GTEST_SKIP() << place_->why_not();
  const SlowProxy proxy(place_->io(), place_->server().options().port, 75ms);
  const auto known = place_->folder() / "known";
  std::ofstream(known) << "[127.0.0.1]:" << proxy.port() << " " << place_->server().options().host_keys.front() << "\n";
  place_->use(place_->another({{"known_hosts", known}, {"port", std::to_string(proxy.port())}}));
  EXPECT_EQ(how({"exit", "7"}), "exited with 7");
  EXPECT_EQ(how({"die", "null"}), "killed by SEGV (11)");
  EXPECT_EQ(place_->run({"print", "300000"}).out.total, 300000u);
  RunRequest late = place_->request({"hang", "far-away"});
  late.command.limits.wall = 1s;
  EXPECT_EQ(describe(place_->run(late).how), "ran into its time limit");
}

INSTANTIATE_TEST_SUITE_P(Drivers, DifficultServer, testing::Values("agent", "sh"), [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace xtest
