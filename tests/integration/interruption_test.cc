// SPDX-License-Identifier: Apache-2.0
// Runs that are interrupted, killed, disturbed from outside: the record is readable, nothing finished is lost, nothing that
// ran stays behind, and `resume` completes what is left.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "tests/support/playground.h"
#include "tests/support/watch.h"

namespace xtest {
namespace {

using testing::HasSubstr;

constexpr int kInterrupted = 130;

std::string sleeping(int milliseconds) {
  return "#include <unistd.h>\nint main(void) { return usleep(" + std::to_string(milliseconds) + "000); }\n";
}

std::size_t count(const Playground& here, const std::string& event, const std::string& key = "", const std::string& value = "") {
  if (here.records().empty()) return 0;
  const auto all = here.events(here.records().back());
  return static_cast<std::size_t>(std::ranges::count_if(all, [&](const auto& one) {
    return one.value("event", "") == event && (key.empty() || one.value(key, "") == value);
  }));
}

bool is_executing(const Playground& here) { return count(here, "job_started", "kind", "run") > 0; }

struct Interruption : testing::Test {
  const Playground here;

  void SetUp() override {
    here.suite("slow", {{"a.c", sleeping(2000)}, {"b.c", sleeping(100)}, {"c.c", sleeping(100)}}, "limit: 60s\n");
    here.suite("stuck", {{"never-ending.c", sleeping(600000)}, {"b.c", sleeping(1)}}, "limit: 600s\n");
  }
};

TEST_F(Interruption, OneSigintLetsWhatRunsFinishAndResumeDoesTheRest) {
  Running running(here.call(here.run_words("slow", {"-j1"})));
  ASSERT_TRUE(eventually([&] { return is_executing(here); }));
  running.send(SIGINT);
  const Ran ran = running.wait();
  EXPECT_EQ(ran.code, kInterrupted) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::a.c").status, "pass") << "what ran was let go on";
  EXPECT_EQ(count(here, "run_ended", "reason", "interrupted"), 1u);
  EXPECT_LT(here.verdicts().size(), 3u);
  const Ran resumed = here.xtest({"resume"});
  EXPECT_EQ(resumed.code, 0) << describe(resumed);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.size(), 3u);
  for (const auto& [test, verdict] : verdicts) EXPECT_EQ(verdict.times_decided, 1) << test;
}

TEST_F(Interruption, TwoSigintsKill) {
  Running running(here.call(here.run_words("stuck", {"-j1"})));
  ASSERT_TRUE(eventually([&] { return count(here, "job_started", "what", "never-ending.c") > 0; }));
  running.send(SIGINT);
  ASSERT_TRUE(running.says("interrupted"));
  running.send(SIGINT);
  const Ran ran = running.wait();
  EXPECT_EQ(ran.code, kInterrupted) << describe(ran);
  EXPECT_EQ(count(here, "run_ended", "reason", "interrupted"), 1u);
  EXPECT_TRUE(eventually([] { return pids_of("never-ending.c.bin").empty(); }, std::chrono::seconds(10)));
}

TEST_F(Interruption, SigtermAndSighupKillAndLeaveARecord) {
  for (const int signal : {SIGTERM, SIGHUP}) {
    Running running(here.call(here.run_words("stuck")));
    ASSERT_TRUE(running.says("xtest 0"));
    ASSERT_TRUE(eventually([&] { return count(here, "job_started", "what", "never-ending.c") > 0; }));
    running.send(signal);
    const Ran ran = running.wait();
    EXPECT_EQ(ran.code, kInterrupted) << signal << describe(ran);
    EXPECT_EQ(count(here, "run_ended", "reason", "interrupted"), 1u);
    EXPECT_TRUE(eventually([] { return pids_of("never-ending.c.bin").empty(); }, std::chrono::seconds(10)));
  }
}

// The loop that measures how slow the executor is: nothing of the run is lost when it ends.
TEST_F(Interruption, ASignalDuringTheCalibrationEndsItAtOnce) {
  here.write("bin/slow-gcc", "#!/bin/sh\ncase \"$*\" in *loop.c*) sleep 600;; esac\nexec gcc \"$@\"\n");
  const auto file = here.target("slow-unknown-linux-gnu", "aliases: []\ncompilers:\n  c: {try: [slow-gcc], dumpmachine: "
                                                          "[x86_64-linux-gnu, aarch64-linux-gnu]}\n");
  for (const int signal : {SIGINT, SIGTERM}) {
    Call call = here.call(here.run_words("slow", {"--target-file", file.string()}, "slow-unknown-linux-gnu"));
    call.env["PATH"] = (here.folder() / "bin").string() + ":/usr/bin:/bin";
    Running running(call);
    ASSERT_TRUE(eventually([&] { return !pids_of("loop.c").empty(); }));
    running.send(signal);
    const Ran ran = running.wait();
    EXPECT_EQ(ran.code, kInterrupted) << describe(ran);
    EXPECT_LT(ran.wall, std::chrono::seconds(60));
    EXPECT_EQ(count(here, "run_ended", "reason", "interrupted"), 1u);
    EXPECT_TRUE(eventually([] { return pids_of("loop.c").empty(); }, std::chrono::seconds(10)));
  }
}

// xtest and its agent killed together: nobody cleans up, and the tests of the next process must not meet what is left.
TEST_F(Interruption, ATestOfAResumedRunStartsInAnEmptyFolder) {
  const auto go = here.folder() / "go";
  const std::string is_empty =
      "#include <dirent.h>\n#include <unistd.h>\nint main(void) {\n  while (access(\"" + go.string() +
      "\", F_OK) != 0) sleep(1);\n  DIR* here = opendir(\".\");\n  int n = 0;\n  while (readdir(here)) ++n;\n  return n != 2;\n}\n";
  here.suite("mine", {{"waits.c", is_empty}, {"b.c", is_empty}}, "limit: 600s\n");
  {
    Running running(here.call(here.run_words("mine", {"-j1"})));
    ASSERT_TRUE(eventually([&] { return !pids_of("waits.c.bin", "comm").empty() || !pids_of("b.c.bin", "comm").empty(); }));
    for (const pid_t agent : pids_of("PPid:\t" + std::to_string(running.pid()) + "\n", "status")) ::kill(agent, SIGKILL);
    running.send(SIGKILL);
    running.wait();
  }
  const auto work = *std::filesystem::directory_iterator(here.folder() / ".xtest" / "work");
  ASSERT_TRUE(std::filesystem::is_directory(work.path() / "scratch1" / native_target()));
  for (const char* session : {"host1", "host2", "host3"}) {
    for (const char* run : {"1", "2", "3", "4"}) {
      const auto folder = work.path() / "scratch1" / native_target() / session / run;
      std::filesystem::create_directories(folder);
      std::ofstream(folder / "left") << "by a killed run";
    }
  }
  std::ofstream(go) << "";
  const Ran resumed = here.xtest({"resume"});
  EXPECT_EQ(resumed.code, 0) << describe(resumed);
  EXPECT_EQ(here.verdicts().size(), 2u);
}

TEST_F(Interruption, KillNineLosesNothingThatWasFinished) {
  {
    Running running(here.call(here.run_words("slow", {"-j1"})));
    ASSERT_TRUE(eventually([&] { return count(here, "case_decided") > 0; }));
    running.send(SIGKILL);
    EXPECT_EQ(running.wait().signal, SIGKILL);
  }
  EXPECT_TRUE(eventually([&] { return pids_of(here.folder().string()).empty(); }, std::chrono::seconds(10))) << "the agent cleans up";
  std::ofstream(here.records().back() / "events.jsonl", std::ios::app) << "{\"seq\":99,\"ev";   // torn by the kill
  const Ran resumed = here.xtest({"resume"});
  EXPECT_EQ(resumed.code, 0) << describe(resumed);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.size(), 3u);
  for (const auto& [test, verdict] : verdicts) EXPECT_EQ(verdict.times_decided, 1) << test;
  EXPECT_EQ(here.records().size(), 1u);
  EXPECT_TRUE(std::filesystem::is_empty(here.folder() / ".xtest" / "work")) << "the killed run's programs are removed too";
}

TEST_F(Interruption, ARunThatGoesOnCannotBeResumed) {
  Running running(here.call(here.run_words("slow", {"-j1"})));
  ASSERT_TRUE(eventually([&] { return is_executing(here); }));
  const Ran second = here.xtest({"resume"});
  EXPECT_EQ(second.code, 2) << describe(second);
  EXPECT_THAT(second.err, HasSubstr("another process"));
  EXPECT_EQ(running.wait().code, 0);
}

TEST_F(Interruption, TwoRunsAtOnceInOneFolderAreTwoRuns) {
  Running first(here.call(here.run_words("slow")));
  Running second(here.call(here.run_words("slow")));
  const Ran one = first.wait(), other = second.wait();
  EXPECT_EQ(one.code, 0) << describe(one);
  EXPECT_EQ(other.code, 0) << describe(other);
  ASSERT_EQ(here.records().size(), 2u);
  for (const auto& record : here.records()) EXPECT_EQ(here.verdicts(record).size(), 3u);
}

TEST_F(Interruption, AClockThatJumpsBackChangesNothing) {
  std::string library;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("/usr/lib", std::filesystem::directory_options::skip_permission_denied))
    if (entry.path().filename() == "libfaketime.so.1") library = entry.path();
  if (library.empty()) GTEST_SKIP() << "libfaketime is not installed";
  const auto now = here.write("now", "+0\n");
  Call call = here.call(here.run_words("slow", {"-j1"}));
  call.env.insert({{"LD_PRELOAD", library}, {"FAKETIME_TIMESTAMP_FILE", now.string()}, {"FAKETIME_NO_CACHE", "1"}, {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                   {"ASAN_OPTIONS", "verify_asan_link_order=0"}});   // of --sanitize: not the first library
  Running running(call);
  ASSERT_TRUE(eventually([&] { return is_executing(here); }));
  here.write("now", "-86400\n");
  const Ran ran = running.wait();
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(here.verdicts().size(), 3u);
  std::int64_t mono = -1, first = 0, last = 0;
  for (const auto& event : here.events(here.records().back())) {
    EXPECT_GE(event.at("mono").get<std::int64_t>(), mono);
    mono = event.at("mono").get<std::int64_t>();
    last = event.at("wall").get<std::int64_t>();
    if (first == 0) first = last;
  }
  EXPECT_LT(last, first) << "the clock did jump";
}

TEST_F(Interruption, AQemuThatIsKilledFromOutsideIsTroubleAndTheTestRunsAgain) {
  const std::string target = "s390x-unknown-linux-gnu";
  if (!is_there("qemu-s390x-static") || !is_there("s390x-linux-gnu-gcc")) GTEST_SKIP() << "qemu-s390x or its compiler is not installed";
  here.suite("victim", {{"under-qemu.c", sleeping(3000)}}, "limit: 60s\n");
  Running running(here.call(here.run_words("victim", {}, target)));
  std::vector<pid_t> victims;
  ASSERT_TRUE(eventually([&] { return !(victims = pids_of("under-qemu.c.bin")).empty() && is_executing(here); }));
  for (const pid_t pid : pids_of("under-qemu.c.bin")) ::kill(pid, SIGKILL);
  const Ran ran = running.wait();
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::under-qemu.c").status, "pass");
  EXPECT_EQ(here.verdicts().at("run::under-qemu.c").attempts, 2);
}

TEST_F(Interruption, AWineserverThatIsKilledIsNeverGreenWithoutAnotherAttempt) {
  if (!can_run_windows_programs()) GTEST_SKIP() << "wine or its compiler is not installed";
  here.suite("victim", {{"under-wine.c", "#include <windows.h>\nint main(void) { Sleep(4000); return 0; }\n"}}, "limit: 20s\n");
  Call call = here.call(here.run_words("victim", {}, "x86_64-pc-windows-gnu"));
  call.limit = std::chrono::seconds(400);
  Running running(call);
  ASSERT_TRUE(eventually([&] { return is_executing(here) && !pids_of("under-wine.c.bin").empty(); }));
  std::size_t killed = 0;
  for (const pid_t pid : pids_of(here.folder().string(), "environ")) {
    if (!read_text("/proc/" + std::to_string(pid) + "/comm").starts_with("wineserver")) continue;
    ::kill(pid, SIGKILL);
    ++killed;
  }
  ASSERT_GT(killed, 0u) << "no wineserver of this run was found";
  const Ran ran = running.wait();
  const Verdict verdict = here.verdicts().at("run::under-wine.c");
  EXPECT_TRUE(verdict.status == "infra" || (verdict.status == "pass" && verdict.attempts > 1))
      << verdict.status << " " << verdict.message << " after " << verdict.attempts << " attempts\n" << describe(ran);
}

}  // namespace
}  // namespace xtest
