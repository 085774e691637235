// SPDX-License-Identifier: Apache-2.0
// `xtest up`, `exec`, `ps` and `down` with the real broker: a warm program is as if it were local, and nothing is left.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "runner/broker/wire.h"
#include "tests/support/warm_fixture.h"

namespace xtest {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

constexpr int kUsage = 2, kInfra = 102, kExecFailed = 125;
constexpr const char* kEmulated = "aarch64-unknown-linux-gnu";

std::string status_of(pid_t pid, const std::string& key) {
  const std::string text = read_text("/proc/" + std::to_string(pid) + "/status");
  const auto at = text.find("\n" + key + ":");
  return at == text.npos ? "" : text.substr(at + key.size() + 2, text.find('\n', at + 1) - at - key.size() - 2);
}

std::size_t descriptors_of(pid_t pid) {
  std::error_code gone;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone), fs::directory_iterator()));
}

std::vector<pid_t> children_of(pid_t parent) { return pids_of("PPid:\t" + std::to_string(parent) + "\n", "status"); }

struct WarmHere : Warm {
  void expect_as_if_local(const std::string& target) const {
    const std::string input{'t', '\0', '\xff', '\n', 'n'};
    const Ran ran = run_program(exec({"/bin/sh", "-c", "cat; pwd >&2; echo \"$MARK $1\" >&2; exit 7", "sh", "a b'c"}, input, target, {"--env", "MARK=there"}));
    EXPECT_EQ(ran.code, 7) << describe(ran);
    EXPECT_EQ(ran.out, input);
    EXPECT_EQ(ran.err, here.folder().string() + "\nthere a b'c\n");
    EXPECT_EQ(run_program(exec({"/bin/sh", "-c", "kill -SEGV $$"}, "", target)).code, 128 + 11);
    EXPECT_EQ(run_program(exec({"/bin/sh", "-c", "head -c 3000000 /dev/zero"}, "", target)).out.size(), 3000000u);
  }
  void expect_signals_arrive() const {
    Running running(exec({"/bin/sh", "-c", "trap 'echo told; exit 3' TERM; echo ready >&2; while :; do sleep 0.05; done"}));
    ASSERT_TRUE(running.says("ready"));
    running.send(SIGTERM);
    const Ran ran = running.wait();
    EXPECT_EQ(ran.code, 3) << describe(ran);
    EXPECT_EQ(ran.out, "told\n");
    Running other(exec({"/bin/sh", "-c", "echo ready >&2; exec sleep 600"}));
    ASSERT_TRUE(other.says("ready"));
    other.send(SIGINT);
    EXPECT_EQ(other.wait().code, 128 + SIGINT);
  }
};

TEST_F(WarmHere, AProgramIsAsIfItWereLocal) {
  up(native_target());
  expect_as_if_local(native_target());
  EXPECT_EQ(calls(), 3u) << "in the warm session";
}

TEST_F(WarmHere, AnEmulatedProgramIsAsIfItWereLocal) {
  if (!is_there("qemu-aarch64-static") || !is_there("aarch64-linux-gnu-gcc")) GTEST_SKIP() << "qemu-aarch64 or its compiler is not installed";
  up(kEmulated);
  expect_as_if_local(kEmulated);
  Call compile = here.call({});
  here.write("seven.c", "int main(void) { return 7; }\n");
  compile.argv = {"aarch64-linux-gnu-gcc", "-o", "seven", "seven.c"};
  ASSERT_EQ(run_program(compile).code, 0);
  const Ran ran = run_program(exec({"./seven"}, "", "aarch64-linux-gnu"));
  EXPECT_EQ(ran.code, 7) << describe(ran);
  EXPECT_EQ(calls(), 4u) << "also by another spelling";
}

TEST_F(WarmHere, SignalsArriveWithABrokerAndWithout) {
  expect_signals_arrive();
  up(native_target());
  expect_signals_arrive();
  EXPECT_EQ(calls(), 2u);
}

TEST_F(WarmHere, AStoppedCallerStopsItsProgram) {
  up(native_target());
  Running running(exec({sleeper()}));
  ASSERT_TRUE(eventually([&] { return sleepers().size() == 1; }));
  const pid_t pid = sleepers().at(0);
  running.send(SIGTSTP);
  EXPECT_TRUE(eventually([&] { return status_of(pid, "State").find('T') != std::string::npos; })) << status_of(pid, "State");
  running.send(SIGCONT);
  EXPECT_TRUE(eventually([&] { return status_of(pid, "State").find('S') != std::string::npos; })) << status_of(pid, "State");
  running.send(SIGTERM);
  EXPECT_EQ(running.wait().code, 128 + SIGTERM);
}

TEST_F(WarmHere, AThousandCallsInARowAndEightAtOnceLeaveNothingBehind) {
  up(native_target());
  // Each waits for the others.
  here.write("meet", "#!/bin/sh\n: >$1.$$\nwhile [ $(ls -d $1.* | wc -l) -lt 8 ]; do sleep 0.05; done\necho x\n");
  const auto eight_meet = [&](const std::string& where) {
    Call together = call({});
    together.argv = {"sh", "-c", "for i in 1 2 3 4 5 6 7 8; do \"$0\" exec -t " + native_target() + " -- ./meet " + where + " & done; wait", XTEST_BINARY};
    return run_program(together).out;
  };
  EXPECT_EQ(eight_meet("first"), "x\nx\nx\nx\nx\nx\nx\nx\n");
  const auto before = ps();
  const pid_t owner = broker();
  std::vector<pid_t> all{owner};
  for (const auto& pid : before.at("sessions").at(0).at("pids")) all.push_back(pid.get<pid_t>());
  std::vector<std::size_t> descriptors;
  for (const pid_t pid : all) descriptors.push_back(descriptors_of(pid));
  const fs::path scratch = read_text(runtime / "scratch");
  ASSERT_TRUE(fs::is_directory(scratch));
  Call row = call({});
  row.argv = {"sh", "-c", "i=0; while [ $i -lt 1000 ]; do \"$0\" exec -t " + native_target() + " -- /bin/true || exit 9; i=$((i+1)); done", XTEST_BINARY};
  row.limit = std::chrono::seconds(300);
  const Ran ran = run_program(row);
  ASSERT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(eight_meet("second"), "x\nx\nx\nx\nx\nx\nx\nx\n");
  const auto after = ps();
  EXPECT_EQ(after.at("sessions").at(0).at("calls"), 1016u) << "all of them in the warm sessions";
  EXPECT_EQ(after.at("sessions").at(0).at("pids"), before.at("sessions").at(0).at("pids"));
  for (std::size_t at = 0; at < all.size(); ++at) {
    EXPECT_TRUE(eventually([&] { return descriptors_of(all[at]) == descriptors[at]; }, std::chrono::seconds(10)))
        << descriptors[at] << " became " << descriptors_of(all[at]) << " in " << read_text("/proc/" + std::to_string(all[at]) + "/cmdline");
    EXPECT_EQ(children_of(all[at]).size(), at == 0 ? all.size() - 1 : 0u) << "a process, perhaps a zombie, is left";
  }
  for (const auto& entry : fs::recursive_directory_iterator(scratch)) EXPECT_TRUE(entry.is_directory() && entry.path().parent_path() == scratch) << entry.path();
}

TEST_F(WarmHere, AKilledCallerTakesItsProgramWithIt) {
  up(native_target());
  Running running(exec({sleeper()}));
  ASSERT_TRUE(eventually([&] { return sleepers().size() == 1; }));
  running.send(SIGKILL);
  running.wait();
  EXPECT_TRUE(eventually([&] { return sleepers().empty(); }, std::chrono::seconds(20)));
  EXPECT_EQ(run_program(exec({"/bin/sh", "-c", "exit 4"})).code, 4);
}

TEST_F(WarmHere, AKilledBrokerIsSaidOnceAndNothingOfItIsLeft) {
  up(native_target());
  Running running(exec({sleeper()}));
  ASSERT_TRUE(eventually([&] { return sleepers().size() == 1; }));
  const fs::path scratch = read_text(runtime / "scratch");
  const pid_t owner = broker();
  const auto agents = children_of(owner);
  ASSERT_THAT(agents, testing::Not(IsEmpty()));
  ::kill(owner, SIGKILL);
  const Ran lost = running.wait();
  EXPECT_EQ(lost.code, kExecFailed) << describe(lost);
  EXPECT_THAT(lost.err, HasSubstr("broker"));
  const auto is_gone = [](pid_t pid) { return !fs::exists("/proc/" + std::to_string(pid)); };
  EXPECT_TRUE(eventually([&] { return sleepers().empty() && std::ranges::all_of(agents, is_gone); }, std::chrono::seconds(20)));
  const Ran next = run_program(exec({"/bin/sh", "-c", "exit 4"}));
  EXPECT_EQ(next.code, 4) << describe(next);
  EXPECT_THAT(next.err, HasSubstr("was killed"));
  EXPECT_FALSE(fs::exists(scratch));
  EXPECT_FALSE(fs::exists(runtime / "socket"));
  EXPECT_EQ(run_program(exec({"/bin/sh", "-c", "exit 4"})).err, "");
  up(native_target());
  EXPECT_EQ(run_program(exec({"/bin/sh", "-c", "exit 5"})).code, 5);
}

int socket_at(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << path;
  return fd;
}

TEST_F(WarmHere, AStaleSocketIsNoHindrance) {
  fs::create_directory(runtime);
  fs::permissions(runtime, fs::perms::owner_all);
  ::close(socket_at(runtime / "socket"));
  up(native_target());
  EXPECT_EQ(run_program(exec({"/bin/sh", "-c", "exit 4"})).code, 4);
  EXPECT_EQ(calls(), 1u);
}

TEST_F(WarmHere, TwoUpsAtOnceStartOneBroker) {
  Running first(call({"up", "--target", native_target()})), second(call({"up", "--target", native_target()}));
  const Ran one = first.wait(), other = second.wait();
  EXPECT_EQ(one.code, 0) << describe(one);
  EXPECT_EQ(other.code, 0) << describe(other);
  EXPECT_EQ(ps().at("sessions").size(), 1u);
  std::size_t brokers = 0;
  for (const pid_t pid : pids_of(runtime.string(), "environ")) brokers += read_text("/proc/" + std::to_string(pid) + "/cmdline").find("--listener") != std::string::npos;
  EXPECT_EQ(brokers, 1u);
}

TEST_F(WarmHere, ABrokerOfAnotherVersionIsRefusedWithTheRemedy) {
  fs::create_directory(runtime);
  fs::permissions(runtime, fs::perms::owner_all);
  const int listener = socket_at(runtime / "socket");
  ASSERT_EQ(::listen(listener, 8), 0);
  std::jthread old([listener] {
    for (int client = 0; (client = ::accept(listener, nullptr, nullptr)) >= 0; ::close(client)) {
      std::string rest;
      receive_message(client, rest);
      send_message(client, {Word::refused, 99, "words of another time"});
    }
  });
  const Ran ran = run_program(exec({"/bin/true"}));
  EXPECT_EQ(ran.code, kExecFailed) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("version 99"));
  EXPECT_THAT(ran.err, HasSubstr("xtest down"));
  const Ran ps = xtest({"ps"});
  EXPECT_EQ(ps.code, kInfra) << describe(ps);
  EXPECT_THAT(ps.err, HasSubstr("xtest down"));
  ::shutdown(listener, SHUT_RDWR);
  ::close(listener);
  fs::remove(runtime / "socket");
}

TEST_F(WarmHere, AClientOfAnotherVersionIsRefusedAndMayStillEndTheBroker) {
  up(native_target());
  const auto ask = [&](const Message& message) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (runtime / "socket").c_str(), sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    std::string rest;
    EXPECT_TRUE(send_message(fd, message));
    auto answer = receive_message(fd, rest);
    ::close(fd);
    return answer ? answer->message : Message{};
  };
  const Message refused = ask({Word::up, 99, "?"});
  EXPECT_EQ(refused.word, Word::refused);
  EXPECT_THAT(PayloadReader(refused.payload).text(), HasSubstr("xtest down"));
  const Message other = ask({Word::exec, broker_version, Payload().text("0.0.0-other").take()});
  EXPECT_EQ(other.word, Word::refused);
  EXPECT_EQ(ask({Word::down, 99, "?"}).word, Word::reply);
  EXPECT_TRUE(eventually([&] { return !fs::exists(runtime / "socket"); }, std::chrono::seconds(20)));
}

TEST_F(WarmHere, WhatIsIdleEndsAndTheBrokerWithIt) {
  up(native_target(), {"--idle", "1s"});
  EXPECT_TRUE(eventually([&] { return pids_of(runtime.string(), "environ").empty(); }, std::chrono::seconds(30)));
  EXPECT_FALSE(fs::exists(runtime / "socket"));
  EXPECT_EQ(xtest({"ps"}).out, "nothing is up\n");
}

TEST_F(WarmHere, DownEndsOneTargetAndWhatRunsThere) {
  up(native_target());
  Running running(exec({sleeper()}));
  ASSERT_TRUE(eventually([&] { return sleepers().size() == 1; }));
  EXPECT_THAT(xtest({"down", "--target", "s390x-unknown-linux-gnu"}).out, HasSubstr("nothing"));
  EXPECT_EQ(sleepers().size(), 1u);
  EXPECT_THAT(xtest({"down", "--target", native_target()}).out, HasSubstr("ended"));
  EXPECT_EQ(running.wait().code, 128 + SIGKILL);
  EXPECT_THAT(sleepers(), IsEmpty());
}

TEST_F(WarmHere, WhatCannotBeWarmIsSaidAndNoBrokerStays) {
  EXPECT_EQ(xtest({"up", "--target", "no-such-target"}).code, kUsage);
  const Ran ran = xtest({"up", "--target", native_target(), "--on", "no-such-executor"});
  EXPECT_NE(ran.code, 0) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("no-such-executor"));
  EXPECT_TRUE(eventually([&] { return pids_of(runtime.string(), "environ").empty(); }, std::chrono::seconds(20)));
}

TEST_F(WarmHere, ABrokerThatIsAskedToEndTidiesUp) {
  up(native_target());
  up(native_target(), {"--on", "host"});
  Running running(exec({sleeper()}));
  ASSERT_TRUE(eventually([&] { return sleepers().size() == 1; }));
  ::kill(broker(), SIGTERM);
  EXPECT_EQ(running.wait().code, 128 + SIGKILL);
  EXPECT_TRUE(eventually([&] { return !fs::exists(runtime / "socket"); }, std::chrono::seconds(20)));
  EXPECT_EQ(xtest({"ps"}).err, "") << "it was no accident";
}

TEST_F(WarmHere, AFolderThatOthersMayEnterIsRefused) {
  fs::create_directory(runtime);
  fs::permissions(runtime, fs::perms::all);
  const Ran ran = xtest({"up", "--target", native_target()});
  EXPECT_EQ(ran.code, kUsage) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("XTEST_RUNTIME_DIR"));
}

TEST_F(WarmHere, AProgramThatIsNotThereIs125AsWithoutABroker) {
  up(native_target());
  const Ran ran = run_program(exec({"./no-such-program"}));
  EXPECT_EQ(ran.code, kExecFailed);
  EXPECT_THAT(ran.err, HasSubstr("no-such-program"));
}

}  // namespace
}  // namespace xtest
