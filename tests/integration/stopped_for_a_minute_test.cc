// SPDX-License-Identifier: Apache-2.0
// xtest, a guest's qemu or an SSH server stands still for a minute, or for good, while a test runs: no test fails or is late for it.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "tests/support/essence.h"
#include "tests/support/guests.h"
#include "tests/support/ssh_server.h"

namespace xtest {
namespace {

using std::chrono_literals::operator""s;
using Words = Playground::Words;
using Pids = std::vector<pid_t>;

constexpr unsigned minute = 60;
constexpr auto ample = 400s;

// Tests of each kind, and one among them during which everything stands still. Its limit is far below a minute.
void write_suite(const Playground& here, const std::string& limit) {
  here.suite("steps", {{"good.c", misbehaving({"exit", "0"})},
                       {"seven.c", misbehaving({"exit", "7"})},
                       {"sleeps.c", "#include <unistd.h>\nint main(void) { sleep(4); return 0; }\n"},
                       {"two.c", misbehaving({"exit", "2"})},
                       {"zero.c", misbehaving({"exit", "0"})}},
             "limit: " + limit + "\n");
}

bool is_sleeping(const Playground& here) {
  if (here.records().empty()) return false;
  std::optional<int> job;
  for (const auto& event : here.events(here.records().back())) {
    const std::string what = event.value("event", "");
    if (what == "job_started" && event.value("kind", "") == "run" && event.value("what", "").find("sleeps") != std::string::npos) job = event.value("job", 0);
    if (what == "job_ended" && event.value("job", 0) == job) job.reset();
  }
  return job.has_value();
}

void send(const Pids& pids, int signal) {
  for (const pid_t pid : pids) ::kill(pid, signal);
}

void stop_for_a_minute(const Pids& pids) {
  EXPECT_FALSE(pids.empty());
  send(pids, SIGSTOP);
  ::sleep(minute);
  send(pids, SIGCONT);
}

// Runs it twice; the second time it is disturbed when the test that sleeps runs.
void expect_the_same_verdicts(const Playground& here, const Words& words, const std::function<void(const Running&)>& disturb) {
  Call call = here.call(words);
  call.limit = ample;
  const Ran calm = run_program(call);
  ASSERT_EQ(calm.code, 100) << describe(calm);
  const auto undisturbed = essence(here.verdicts());
  ASSERT_EQ(undisturbed.at("run::sleeps.c"), "pass : ");
  const std::size_t records = here.records().size();
  Running running(call);
  ASSERT_TRUE(eventually([&] { return here.records().size() > records && is_sleeping(here); }, 120s));
  ::sleep(2);       // others may be queued before it
  disturb(running);
  const Ran ran = running.wait();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_EQ(essence(here.verdicts()), undisturbed) << describe(ran);
}

struct StoppedForAMinute : testing::Test {
  const GuestPlayground guests;
  const Playground& here = guests.here;
  void in_a_guest(const std::function<Pids(const Running&)>& who) const {
    if (!guests.why_not().empty()) GTEST_SKIP() << guests.why_not();
    write_suite(here, "1s");            // ten times that without acceleration
    expect_the_same_verdicts(here, guests.words("steps"), [&](const Running& running) { stop_for_a_minute(who(running)); });
    EXPECT_TRUE(guests.machines().empty()) << "nothing stays behind";
  }
};

TEST_F(StoppedForAMinute, XtestBlamesNobody) {
  in_a_guest([](const Running& running) { return Pids{running.pid()}; });
}

TEST_F(StoppedForAMinute, QemuBlamesNobody) {
  in_a_guest([this](const Running&) { return guests.machines(); });
}

struct ServerStopped : testing::TestWithParam<std::string> {
  const Playground here;
  asio::io_context io;
  const SshServer server{io};
  void SetUp() override {
    if (!server.why_not().empty()) GTEST_SKIP() << server.why_not();
    write_suite(here, "6s");
  }
  Words words() const {
    return here.run_words("steps", {"--on", "remote:" + server.address(), "--ssh-key", (server.folder() / "user").string(), "--known-hosts",
                                    server.known_hosts().string(), "--driver", GetParam(), "-j1"});
  }
  void expect_nothing_left() const {
    EXPECT_TRUE(eventually([&] { return server.connections().empty() && pids_of("sleeps.c.bin").empty(); }, 30s)) << "nothing stays behind";
  }
};

TEST_P(ServerStopped, ForAMinuteBlamesNobody) {
  expect_the_same_verdicts(here, words(), [&](const Running&) {
    Pids all = server.connections();
    all.push_back(server.pid());
    stop_for_a_minute(all);
  });
  expect_nothing_left();
}

TEST_P(ServerStopped, ForGoodIsTroubleAndTheTestsRunOverAnotherConnection) {
  Pids stopped;
  expect_the_same_verdicts(here, words(), [&](const Running&) {
    stopped = server.connections();
    EXPECT_FALSE(stopped.empty());
    send(stopped, SIGSTOP);
  });
  EXPECT_EQ(sessions_lost(here), 1);
  send(stopped, SIGKILL);               // whom only the machine's own administrator can end
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(Drivers, ServerStopped, testing::Values("agent", "sh"), [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace xtest
