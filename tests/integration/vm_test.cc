// SPDX-License-Identifier: Apache-2.0
// The executor `vm` with real guests: they are made from Debian's packages once, and booted by qemu without acceleration.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/support/endings.h"
#include "tests/support/watch.h"

namespace xtest {
namespace {

using testing::HasSubstr;

constexpr const char* kPanics = R"(#include <fcntl.h>
#include <unistd.h>
int main(void) {
  sleep(1);
  write(open("/proc/sysrq-trigger", O_WRONLY), "c", 1);
  sleep(600);
}
)";

std::string sleeping(int seconds) {
  return "#include <unistd.h>\nint main(void) { sleep(" + std::to_string(seconds) + "); return 0; }\n";
}

struct Guests : testing::Test {
  const Playground here;

  void SetUp() override {
    if (native_target() != "x86_64-unknown-linux-gnu") GTEST_SKIP() << "the guest of these tests is x86_64";
    if (!is_there("qemu-system-x86_64")) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
  }
  Playground::Words words(const std::string& suite, Playground::Words more = {}) const {
    more.insert(more.end(), {"--on", "vm", "-j1"});
    return here.run_words(suite, more);
  }
  std::vector<pid_t> machines() const {   // qemu names its console below the playground
    std::vector<pid_t> found;
    for (const pid_t pid : pids_of(here.folder().string() + "/.xtest")) {
      if (read_text("/proc/" + std::to_string(pid) + "/comm").starts_with("qemu-system")) found.push_back(pid);
    }
    return found;
  }
  bool is_executing() const {
    if (here.records().empty()) return false;
    for (const auto& event : here.events(here.records().back())) {
      if (event.value("event", "") == "job_started" && event.value("kind", "") == "run") return true;
    }
    return false;
  }
};

TEST_F(Guests, TellHowAProgramEnded) {
  write_endings(here);
  const Ran ran = here.xtest(words("ends"));
  EXPECT_EQ(ran.code, 100) << describe(ran);
  expect_endings(here.verdicts());
  EXPECT_TRUE(machines().empty());
}

TEST_F(Guests, AProgramThatTakesItsGuestDownIsNamedAndItsNeighboursPass) {
  here.suite("panics", {{"a.c", misbehaving({"exit", "0"})}, {"panics.c", kPanics}, {"z.c", misbehaving({"exit", "0"})}}, "limit: 60s\n");
  const Ran ran = here.xtest(words("panics"));
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.at("run::panics.c").kind, "took-guest-down");
  EXPECT_THAT(verdicts.at("run::panics.c").message, HasSubstr("Kernel panic"));
  EXPECT_EQ(verdicts.at("run::a.c").status, "pass");
  EXPECT_EQ(verdicts.at("run::z.c").status, "pass");
}

TEST_F(Guests, AMachineThatIsKilledFromOutsideIsTroubleAndTheTestRunsAgain) {
  here.suite("victim", {{"sleeps.c", sleeping(3)}}, "limit: 60s\n");
  Running running(here.call(words("victim")));
  ASSERT_TRUE(eventually([&] { return is_executing(); }, std::chrono::seconds(120)));
  for (const pid_t pid : machines()) ::kill(pid, SIGKILL);
  const Ran ran = running.wait();
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::sleeps.c").status, "pass");
  EXPECT_EQ(here.verdicts().at("run::sleeps.c").attempts, 2);
}

TEST_F(Guests, AGuestDiesWithXtest) {
  here.suite("victim", {{"sleeps.c", sleeping(600)}}, "limit: 600s\n");
  {
    Running running(here.call(words("victim")));
    ASSERT_TRUE(eventually([&] { return is_executing(); }, std::chrono::seconds(120)));
    EXPECT_FALSE(machines().empty());
    running.send(SIGKILL);
    running.wait();
  }
  EXPECT_TRUE(eventually([&] { return machines().empty(); }, std::chrono::seconds(10)));
}

}  // namespace
}  // namespace xtest
