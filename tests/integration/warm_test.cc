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
#include "tests/support/playground.h"
#include "tests/support/watch.h"

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

struct Warm : testing::Test {
  const Playground here{"plain"};
  const fs::path runtime = here.folder() / "run";

  ~Warm() override {
    xtest({"down"});
    EXPECT_TRUE(eventually([&] { return pids_of(runtime.string(), "environ").empty(); }, std::chrono::seconds(20))) << "a process is left";
    EXPECT_FALSE(fs::exists(runtime / "socket"));
  }
  Call call(const Playground::Words& words, const std::string& input = "") const {
    Call call = here.call(words);
    call.env["XTEST_RUNTIME_DIR"] = runtime.string();
    call.input = input;
    return call;
  }
  Ran xtest(const Playground::Words& words) const { return run_program(call(words)); }
  void up(const std::string& target, Playground::Words more = {}) const {
    more.insert(more.begin(), {"up", "--target", target});
    const Ran ran = xtest(more);
    ASSERT_EQ(ran.code, 0) << describe(ran);
  }
  Call exec(Playground::Words program, const std::string& input = "", const std::string& target = native_target(), Playground::Words more = {}) const {
    Playground::Words words{"exec", "--target", target};
    words.insert(words.end(), more.begin(), more.end());
    words.push_back("--");
    words.insert(words.end(), program.begin(), program.end());
    return call(words, input);
  }
  nlohmann::json ps() const { return nlohmann::json::parse(xtest({"ps", "--format", "json"}).out); }
  std::uint64_t calls() const {
    std::uint64_t all = 0;
    const auto told = ps();
    for (const auto& one : told.at("sessions")) all += one.at("calls").get<std::uint64_t>();
    return all;
  }
  pid_t broker() const { return ps().value("broker", pid_t{-1}); }
  // A program of its own, to be found among the processes.
  fs::path program(const std::string& name, const std::string& text) const {
    here.write(name + ".c", text);
    Call compile = here.call({});
    compile.argv = {"gcc", "-o", name, name + ".c"};
    EXPECT_EQ(run_program(compile).code, 0);
    return here.folder() / name;
  }
  fs::path sleeper() const { return program("sleeps-for-test", "#include <unistd.h>\nint main(void) { sleep(600); return 0; }\n"); }
  std::vector<pid_t> sleepers() const { return pids_of("sleeps-for-test", "comm"); }

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

TEST_F(Warm, AProgramIsAsIfItWereLocal) {
  up(native_target());
  expect_as_if_local(native_target());
  EXPECT_EQ(calls(), 3u) << "in the warm session";
}

TEST_F(Warm, AnEmulatedProgramIsAsIfItWereLocal) {
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

TEST_F(Warm, SignalsArriveWithABrokerAndWithout) {
  expect_signals_arrive();
  up(native_target());
  expect_signals_arrive();
  EXPECT_EQ(calls(), 2u);
}

TEST_F(Warm, AStoppedCallerStopsItsProgram) {
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

TEST_F(Warm, AThousandCallsInARowAndEightAtOnceLeaveNothingBehind) {
  up(native_target());
  const std::string eight = "for i in 1 2 3 4 5 6 7 8; do \"$0\" exec -t " + native_target() + " -- /bin/sh -c 'sleep 0.3; echo x' & done; wait";
  Call together = call({});
  together.argv = {"sh", "-c", eight, XTEST_BINARY};
  EXPECT_EQ(run_program(together).out, "x\nx\nx\nx\nx\nx\nx\nx\n");
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
  EXPECT_EQ(run_program(together).out, "x\nx\nx\nx\nx\nx\nx\nx\n");
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

TEST_F(Warm, AKilledCallerTakesItsProgramWithIt) {
  up(native_target());
  Running running(exec({sleeper()}));
  ASSERT_TRUE(eventually([&] { return sleepers().size() == 1; }));
  running.send(SIGKILL);
  running.wait();
  EXPECT_TRUE(eventually([&] { return sleepers().empty(); }, std::chrono::seconds(20)));
  EXPECT_EQ(run_program(exec({"/bin/sh", "-c", "exit 4"})).code, 4);
}

TEST_F(Warm, AKilledBrokerIsSaidOnceAndNothingOfItIsLeft) {
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

TEST_F(Warm, AStaleSocketIsNoHindrance) {
  fs::create_directory(runtime);
  fs::permissions(runtime, fs::perms::owner_all);
  ::close(socket_at(runtime / "socket"));
  up(native_target());
  EXPECT_EQ(run_program(exec({"/bin/sh", "-c", "exit 4"})).code, 4);
  EXPECT_EQ(calls(), 1u);
}

TEST_F(Warm, TwoUpsAtOnceStartOneBroker) {
  Running first(call({"up", "--target", native_target()})), second(call({"up", "--target", native_target()}));
  const Ran one = first.wait(), other = second.wait();
  EXPECT_EQ(one.code, 0) << describe(one);
  EXPECT_EQ(other.code, 0) << describe(other);
  EXPECT_EQ(ps().at("sessions").size(), 1u);
  std::size_t brokers = 0;
  for (const pid_t pid : pids_of(runtime.string(), "environ")) brokers += read_text("/proc/" + std::to_string(pid) + "/cmdline").find("--listener") != std::string::npos;
  EXPECT_EQ(brokers, 1u);
}

TEST_F(Warm, ABrokerOfAnotherVersionIsRefusedWithTheRemedy) {
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

TEST_F(Warm, AClientOfAnotherVersionIsRefusedAndMayStillEndTheBroker) {
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

TEST_F(Warm, WhatIsIdleEndsAndTheBrokerWithIt) {
  up(native_target(), {"--idle", "1s"});
  EXPECT_TRUE(eventually([&] { return pids_of(runtime.string(), "environ").empty(); }, std::chrono::seconds(30)));
  EXPECT_FALSE(fs::exists(runtime / "socket"));
  EXPECT_EQ(xtest({"ps"}).out, "nothing is up\n");
}

TEST_F(Warm, DownEndsOneTargetAndWhatRunsThere) {
  up(native_target());
  Running running(exec({sleeper()}));
  ASSERT_TRUE(eventually([&] { return sleepers().size() == 1; }));
  EXPECT_THAT(xtest({"down", "--target", "s390x-unknown-linux-gnu"}).out, HasSubstr("nothing"));
  EXPECT_EQ(sleepers().size(), 1u);
  EXPECT_THAT(xtest({"down", "--target", native_target()}).out, HasSubstr("ended"));
  EXPECT_EQ(running.wait().code, 128 + SIGKILL);
  EXPECT_THAT(sleepers(), IsEmpty());
}

TEST_F(Warm, WhatCannotBeWarmIsSaidAndNoBrokerStays) {
  EXPECT_EQ(xtest({"up", "--target", "no-such-target"}).code, kUsage);
  const Ran ran = xtest({"up", "--target", native_target(), "--on", "no-such-executor"});
  EXPECT_NE(ran.code, 0) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("no-such-executor"));
  EXPECT_TRUE(eventually([&] { return pids_of(runtime.string(), "environ").empty(); }, std::chrono::seconds(20)));
}

TEST_F(Warm, AFolderThatOthersMayEnterIsRefused) {
  fs::create_directory(runtime);
  fs::permissions(runtime, fs::perms::all);
  const Ran ran = xtest({"up", "--target", native_target()});
  EXPECT_EQ(ran.code, kUsage) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("XTEST_RUNTIME_DIR"));
}

TEST_F(Warm, AProgramThatIsNotThereIs125AsWithoutABroker) {
  up(native_target());
  const Ran ran = run_program(exec({"./no-such-program"}));
  EXPECT_EQ(ran.code, kExecFailed);
  EXPECT_THAT(ran.err, HasSubstr("no-such-program"));
}

struct WarmGuest : Warm {
  void SetUp() override {
    if (native_target() != "x86_64-unknown-linux-gnu") GTEST_SKIP() << "the guest of these tests is x86_64";
    if (!is_there("qemu-system-x86_64")) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
  }
  Ran in_guest(Playground::Words program, const std::string& input = "", Playground::Words more = {}) const {
    more.insert(more.begin(), {"--on", "vm"});
    return run_program(exec(program, input, native_target(), more));
  }
  std::size_t machines() const {
    std::size_t count = 0;
    for (const pid_t pid : pids_of("qemu-system", "comm")) count += read_text("/proc/" + std::to_string(pid) + "/cmdline").find("xtest-") != std::string::npos;
    return count;
  }
};

TEST_F(WarmGuest, AProgramIsAsIfItWereLocalButForFolderAndEnvironment) {
  up(native_target(), {"--on", "vm"});
  EXPECT_EQ(machines(), 1u);
  std::string input(3u << 20, 'x');
  for (std::size_t at = 0; at < input.size(); at += 7) input[at] = static_cast<char>(at);
  const Ran cat = in_guest({"/bin/cat"}, input);
  EXPECT_EQ(cat.code, 0) << describe(cat);
  EXPECT_TRUE(cat.out == input) << cat.out.size() << " bytes came back";
  const Ran ran = in_guest({"sh", "-c", "echo \"$MARK\"; ls | wc -l; echo err >&2; exit 7"}, "", {"--there", "--env", "MARK=there"});
  EXPECT_EQ(ran.code, 7) << describe(ran);
  EXPECT_EQ(ran.out, "there\n0\n");
  EXPECT_EQ(ran.err, "err\n");
  EXPECT_EQ(in_guest({"sh", "-c", "kill -SEGV $$"}, "", {"--there"}).code, 128 + 11);
  EXPECT_EQ(calls(), 3u);
  EXPECT_EQ(machines(), 1u);
}

TEST_F(WarmGuest, SignalsArriveAndAProgramThatNobodyListensToEnds) {
  up(native_target(), {"--on", "vm"});
  Running running(exec({"sh", "-c", "trap 'echo told; exit 3' TERM; echo ready >&2; while :; do sleep 0.1; done"}, "", native_target(), {"--on", "vm", "--there"}));
  ASSERT_TRUE(running.says("ready"));
  running.send(SIGTERM);
  const Ran ran = running.wait();
  EXPECT_EQ(ran.code, 3) << describe(ran);
  EXPECT_EQ(ran.out, "told\n");
  Call headed = call({});
  headed.argv = {"sh", "-c", "\"$0\" exec -t " + native_target() + " --on vm --there -- yes | head -n 2", XTEST_BINARY};
  EXPECT_EQ(run_program(headed).out, "y\ny\n");
  Running killed(exec({"sh", "-c", "echo ready >&2; exec sleep 777"}, "", native_target(), {"--on", "vm", "--there"}));
  ASSERT_TRUE(killed.says("ready"));
  killed.send(SIGKILL);
  killed.wait();
  EXPECT_TRUE(eventually([&] { return ps().at("sessions").at(0).at("running") == 0; }, std::chrono::seconds(20)));
  EXPECT_EQ(in_guest({"sh", "-c", "pgrep -f 'sleep 77[7]' | wc -l; sleep 777 & pgrep -f 'sleep 77[7]' | wc -l"}, "", {"--there"}).out, "0\n1\n");
  EXPECT_EQ(machines(), 1u) << "it was the same guest";
}

TEST_F(WarmGuest, AProgramThatWasMadeAnewIsSentAnew) {
  up(native_target(), {"--on", "vm"});
  const auto made = [&](int code) { return program("p", "int main(void) { return " + std::to_string(code) + "; }\n").string(); };
  EXPECT_EQ(in_guest({made(4)}).code, 4);
  EXPECT_EQ(in_guest({made(5)}).code, 5);
}

TEST_F(WarmGuest, AGuestThatWasKilledIsReplacedAndEndsWithTheBroker) {
  up(native_target(), {"--on", "vm"});
  for (const pid_t pid : pids_of("qemu-system", "comm")) ::kill(pid, SIGKILL);
  EXPECT_TRUE(eventually([&] { return machines() == 0; }));
  EXPECT_EQ(in_guest({"sh", "-c", "exit 4"}, "", {"--there"}).code, 4);
  EXPECT_EQ(machines(), 1u);
  ::kill(broker(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return machines() == 0; }, std::chrono::seconds(20)));
}

TEST_F(WarmGuest, WithoutABrokerAProgramHasAGuestOfItsOwn) {
  const Ran ran = in_guest({"/bin/cat"}, "told");
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(ran.out, "told");
  EXPECT_EQ(machines(), 0u);
}

TEST_F(WarmGuest, AShellAnswersOnATerminal) {
  if (!is_there("script")) GTEST_SKIP() << "script(1) is not installed";
  up(native_target(), {"--on", "vm"});
  Call typed = call({}, "echo it is $((6 * 7))\nexit 5\n");
  typed.argv = {"script", "-qec", std::string(XTEST_BINARY) + " shell -t " + native_target() + " --on vm", "/dev/null"};
  const Ran ran = run_program(typed);
  EXPECT_EQ(ran.code, 5) << describe(ran);
  EXPECT_THAT(ran.out, HasSubstr("it is 42"));
}
}  // namespace
}  // namespace xtest
