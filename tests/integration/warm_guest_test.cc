// SPDX-License-Identifier: Apache-2.0
// Guests that `xtest up` keeps, and shells on a terminal, with the real binary.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/support/warm_fixture.h"

namespace xtest {
namespace {

using testing::HasSubstr;

struct WarmGuest : Warm {
  void SetUp() override {
    if (native_target() != "x86_64-unknown-linux-gnu") GTEST_SKIP() << "the guest of these tests is x86_64";
    if (!is_there("qemu-system-x86_64")) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
  }
  Ran in_guest(Playground::Words program, const std::string& input = "", Playground::Words more = {}) const {
    more.insert(more.begin(), {"--on", "vm"});
    return run_program(exec(program, input, native_target(), more));
  }
  std::vector<pid_t> guests() const {   // qemu names its console below TMPDIR
    std::vector<pid_t> found;
    for (const pid_t pid : pids_of(here.folder().string())) {
      if (read_text("/proc/" + std::to_string(pid) + "/comm").starts_with("qemu-system")) found.push_back(pid);
    }
    return found;
  }
  std::size_t machines() const { return guests().size(); }
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
  const std::string count = "for p in /proc/[0-9]*; do read c <$p/comm; [ \"$c\" = sleep ] && echo one; done | wc -l";
  EXPECT_EQ(in_guest({"sh", "-c", count + "; (exec sleep 777) & sleep 1; " + count}, "", {"--there"}).out, "0\n1\n");
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
  for (const pid_t pid : guests()) ::kill(pid, SIGKILL);
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

// A terminal by script(1): what is typed is echoed, sh has job control, and the size is the terminal's.
struct WarmShell : WarmGuest {
  void expect_a_shell(const std::string& options) const {
    if (!is_there("script")) GTEST_SKIP() << "script(1) is not installed";
    Call typed = call({}, "echo it is $((6 * 7)) $(stty size)\nset -m && echo jo''bs\nsleep 600 &\nkill %1 && echo kil''led\nexit 5\n");
    typed.argv = {"script", "-qec", "stty rows 33 cols 77; " XTEST_BINARY " shell -t " + native_target() + options, "/dev/null"};
    const Ran ran = run_program(typed);
    EXPECT_EQ(ran.code, 5) << describe(ran);
    EXPECT_THAT(ran.out, HasSubstr("it is 42 33 77"));
    EXPECT_THAT(ran.out, HasSubstr("jobs"));
    EXPECT_THAT(ran.out, HasSubstr("killed"));
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("job control turned off")));
  }
};

TEST_F(WarmShell, AnswersInAGuest) {
  up(native_target(), {"--on", "vm"});
  expect_a_shell(" --on vm");
}

TEST_F(WarmShell, AnswersHereWithASessionThatIsUpAndWithout) {
  expect_a_shell("");
  up(native_target());
  expect_a_shell("");
  EXPECT_EQ(calls(), 1u);
}

TEST_F(WarmShell, EndsWithItsInput) {
  up(native_target());
  Call typed = call({}, "echo it is $((6 * 7))\n");
  typed.argv = {"script", "-qec", XTEST_BINARY " shell -t " + native_target(), "/dev/null"};
  const Ran ran = run_program(typed);
  EXPECT_THAT(ran.out, HasSubstr("it is 42"));
  EXPECT_FALSE(ran.timed_out);
}

}  // namespace
}  // namespace xtest
