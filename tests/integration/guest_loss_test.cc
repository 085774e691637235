// SPDX-License-Identifier: Apache-2.0
// What programs, and the world around them, can do to a guest: the culprit gets its verdict, and its neighbours get the
// verdicts they have without it.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "tests/support/guests.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Notices a wrong clock, a full disk and a system that makes no processes.
std::string neighbour() {
  return "#include <stdio.h>\n#include <stdlib.h>\n#include <sys/wait.h>\n#include <time.h>\n#include <unistd.h>\n"
         "int main(void) {\n  long away = labs((long)time(NULL) - " + std::to_string(::time(nullptr)) + "L);\n"
         "  static char piece[1 << 20];\n  FILE *file = fopen(\"file\", \"w\");\n  int status;\n"
         "  if (away > 3600) return 2;\n"
         "  if (!file || fwrite(piece, 1, sizeof piece, file) != sizeof piece || fclose(file) != 0) return 3;\n"
         "  pid_t child = fork();\n  if (child == 0) _exit(7);\n"
         "  return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7 ? 0 : 4;\n}\n";
}

std::string program(const std::string& body) {
  return "#define _GNU_SOURCE\n#include <dirent.h>\n#include <errno.h>\n#include <fcntl.h>\n#include <sched.h>\n#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
         "#include <string.h>\n#include <sys/reboot.h>\n#include <sys/time.h>\n#include <sys/wait.h>\n#include <unistd.h>\n"
         "static void say(const char *file, const char *text) {\n  int fd = open(file, O_WRONLY);\n  if (fd >= 0 && write(fd, text, strlen(text)) > 0) close(fd);\n}\n"
         "int main(void) {\n" + body + "\n}\n";
}

struct Row {
  const char* name;
  const char* body;             // of the culprit
  const char* status;           // or several: how fast the guest is decides
  const char* kind;
  const char* message;          // a part of it
  const char* limit = "20s";    // times ten in a guest without acceleration
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

struct Culprit : testing::TestWithParam<Row> {
  const GuestPlayground guests;
  void SetUp() override {
    if (!guests.why_not().empty()) GTEST_SKIP() << guests.why_not();
  }
};

TEST_P(Culprit, GetsItsVerdictAndItsNeighboursTheirs) {
  const Row& row = GetParam();
  std::map<std::string, std::string> files{{"m.c", program(row.body)}};
  for (const char* name : {"a.c", "b.c", "y.c", "z.c"}) files[name] = neighbour();
  guests.here.suite("storm", files, std::string("limit: ") + row.limit + "\n");
  const Ran ran = guests.here.xtest(guests.words("storm"));
  const auto verdicts = guests.here.verdicts();
  const Verdict& culprit = verdicts.at("run::m.c");
  EXPECT_THAT(row.status, HasSubstr(culprit.status)) << describe(ran);
  EXPECT_THAT(row.kind, HasSubstr(culprit.kind)) << describe(ran);
  EXPECT_THAT(culprit.message, HasSubstr(row.message));
  EXPECT_EQ(ran.code, culprit.status == "pass" ? 0 : 100) << describe(ran);
  for (const char* name : {"a.c", "b.c", "y.c", "z.c"}) {
    const Verdict& verdict = verdicts.at(std::string("run::") + name);
    EXPECT_EQ(verdict.status, "pass") << name << ": " << verdict.message << describe(ran);
    EXPECT_EQ(verdict.times_decided, 1) << name;
  }
  EXPECT_TRUE(guests.machines().empty()) << "nothing stays behind";
}

const Row rows[] = {
    {"PanicsTheKernel", "sleep(1); say(\"/proc/sysrq-trigger\", \"c\"); sleep(600);", "crash", "took-guest-down", "Kernel panic"},
    {"Reboots", "reboot(RB_AUTOBOOT); sleep(600);", "crash", "took-guest-down", "alone in a new one"},
    {"LetsNobodyElseRun", "struct sched_param most = {.sched_priority = 99}; say(\"/proc/sys/kernel/sched_rt_runtime_us\", \"-1\");"
     " if (sched_setscheduler(0, SCHED_FIFO, &most) != 0) return 3; while (1) {}", "crash", "took-guest-down", "over its limit", "1s"},
    {"KillsAllProcesses", "sleep(1); kill(-1, SIGKILL); sleep(600);", "crash", "took-guest-down", "alone in a new one"},
    {"KillsTheAgent", "sleep(1); kill(getppid(), SIGKILL); sleep(600);", "crash", "took-guest-down", "alone in a new one"},
    {"KillsTheServer", "sleep(1); if (system(\"killall -9 dropbear\")) return 1; sleep(600);", "crash", "took-guest-down", "alone in a new one"},
    {"StopsTheServer", "sleep(1); if (system(\"killall -STOP dropbear\")) return 1; sleep(600);", "crash", "took-guest-down", "over its limit", "1s"},
    {"EatsAllMemory", "while (1) { char *piece = malloc(1 << 20); if (piece) memset(piece, 1, 1 << 20); }", "crash", "signal", "KILL"},
    {"LetsTheAgentBeKilledForMemory",
     "char agent[64]; snprintf(agent, sizeof agent, \"/proc/%d/oom_score_adj\", getppid()); say(agent, \"1000\"); say(\"/proc/self/oom_score_adj\", \"-1000\");"
     " int fd = open(\"/dev/shm/fill\", O_WRONLY | O_CREAT, 0600); static char piece[1 << 20];"
     " while (getppid() > 1 && write(fd, piece, sizeof piece) > 0) {} while (1) { char *more = malloc(1 << 16); if (!more) return 3; memset(more, 1, 1 << 16); }",
     "crash", "took-guest-down", "alone in a new one"},
    {"FillsItsFolder", "int fd = open(\"fill\", O_WRONLY | O_CREAT, 0600); static char piece[1 << 16];"
     " while (write(fd, piece, sizeof piece) > 0) {} return errno == ENOSPC ? 0 : 1;", "pass", "", ""},
    {"FillsTheDiskForOthers", "int fd = open(\"/tmp/fill\", O_WRONLY | O_CREAT, 0600); static char piece[1 << 16];"
     " while (write(fd, piece, sizeof piece) > 0) {} return errno == ENOSPC ? 0 : 1;", "pass", "", ""},
    {"SetsTheClockAYearAhead", "struct timeval now; gettimeofday(&now, NULL); now.tv_sec += 366 * 86400; return settimeofday(&now, NULL);", "pass", "", ""},
    {"ForksWithoutEnd", "while (1) fork();", "timeout, crash", "hang, took-guest-down", "", "1s"},
    {"Prints100MB", "static char piece[1 << 16]; memset(piece, 'x', sizeof piece);"
     " for (int i = 0; i < 1600; ++i) if (write(1, piece, sizeof piece) <= 0) return 1; return 0;", "pass", "", ""},
    {"LeavesAChildWithItsPipes", "if (fork() == 0) sleep(600); return 0;", "pass", "", ""},
    {"Daemonises", "return daemon(0, 0) != 0 || (sleep(600), 0);", "pass", "", ""},
};

INSTANTIATE_TEST_SUITE_P(Guests, Culprit, testing::ValuesIn(rows), [](const auto& info) { return info.param.name; });

struct GuestsAndTheWorld : testing::Test {
  const GuestPlayground guests;
  const Playground& here = guests.here;
  void SetUp() override {
    if (!guests.why_not().empty()) GTEST_SKIP() << guests.why_not();
  }
  // A program that sleeps runs in a guest.
  std::unique_ptr<Running> while_one_sleeps(int seconds, const std::string& limit) const {
    here.suite("victim", {{"sleeps.c", "#include <unistd.h>\nint main(void) { sleep(" + std::to_string(seconds) + "); return 0; }\n"}},
               "limit: " + limit + "\n");
    auto running = std::make_unique<Running>(here.call(guests.words("victim")));
    EXPECT_TRUE(eventually([&] { return guests.is_executing(); }, std::chrono::seconds(120)));
    ::sleep(1);
    return running;
  }
  void expect_pass(Running& running, int attempts) const {
    const Ran ran = running.wait();
    EXPECT_EQ(ran.code, 0) << describe(ran);
    EXPECT_EQ(here.verdicts().at("run::sleeps.c").status, "pass");
    EXPECT_EQ(here.verdicts().at("run::sleeps.c").attempts, attempts) << describe(ran);
    EXPECT_TRUE(guests.machines().empty());
  }
};

TEST_F(GuestsAndTheWorld, AGuestThatAnswersNoMoreLeavesItsConsoleAndItsRegisters) {
  here.suite("wedge", {{"m.c", program("struct sched_param most = {.sched_priority = 99}; say(\"/proc/sys/kernel/sched_rt_runtime_us\", \"-1\");"
                                       " say(\"/dev/console\", \"here it stands\\n\");"
                                       " if (sched_setscheduler(0, SCHED_FIFO, &most) != 0) return 3; while (1) {}")}},
             "limit: 1s\n");
  const Ran ran = here.xtest(guests.words("wedge", {"--infra-retries", "0"}));
  EXPECT_EQ(here.verdicts().at("run::m.c").status, "infra") << describe(ran);
  const Ran shown = here.xtest({"show", "latest::wedge::run::m.c"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("[when its place was lost]"), HasSubstr("here it stands"), HasSubstr("its processor (running):")));
  EXPECT_THAT(shown.out, testing::ContainsRegex("RIP=[0-9a-f]+ .*CPL=3")) << "its loop, and no kernel's";
  EXPECT_TRUE(guests.machines().empty());
}

TEST_F(GuestsAndTheWorld, AMachineThatIsKilledIsTroubleAndTheTestRunsAgain) {
  const auto running = while_one_sleeps(3, "60s");
  for (const pid_t pid : guests.machines()) ::kill(pid, SIGKILL);
  expect_pass(*running, 1);   // no program can do that, so it was no attempt
}

TEST_F(GuestsAndTheWorld, AMachineThatIsStoppedForAWhileTakesNoTimeFromItsTest) {
  const auto running = while_one_sleeps(4, "1s");
  for (const pid_t pid : guests.machines()) ::kill(pid, SIGSTOP);
  ::sleep(12);
  for (const pid_t pid : guests.machines()) ::kill(pid, SIGCONT);
  expect_pass(*running, 1);
}

TEST_F(GuestsAndTheWorld, XtestThatIsStoppedForAWhileBlamesNobody) {
  const auto running = while_one_sleeps(4, "1s");
  running->send(SIGSTOP);
  ::sleep(30);
  running->send(SIGCONT);
  expect_pass(*running, 1);
}

TEST_F(GuestsAndTheWorld, ACableThatIsPulledIsTroubleAndTheTestRunsAgain) {
  const auto running = while_one_sleeps(3, "1s");
  ASSERT_EQ(guests.tell_machine(R"({"execute":"set_link","arguments":{"name":"n","up":false}})"), 1);
  expect_pass(*running, 2);
}

TEST_F(GuestsAndTheWorld, AGuestDiesWithXtestAndAResumedRunLosesNoResult) {
  std::map<std::string, std::string> files;
  for (const char* name : {"a.c", "b.c", "c.c", "d.c", "e.c", "f.c"}) files[name] = "#include <unistd.h>\nint main(void) { sleep(1); return 0; }\n";
  here.suite("steps", files, "limit: 60s\n");
  {
    Running running(here.call(guests.words("steps")));
    ASSERT_TRUE(eventually([&] { return !here.records().empty() && !here.verdicts().empty(); }, std::chrono::seconds(120)));
    running.send(SIGKILL);
    running.wait();
  }
  EXPECT_TRUE(eventually([&] { return guests.machines().empty(); })) << "no guest is left";
  const std::size_t before = here.verdicts().size();
  const Ran ran = here.xtest({"resume", "latest"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_GT(before, 0u);
  EXPECT_EQ(verdicts.size(), files.size());
  for (const auto& [name, verdict] : verdicts) {
    EXPECT_EQ(verdict.status, "pass") << name;
    EXPECT_EQ(verdict.times_decided, 1) << name;
  }
}

TEST_F(GuestsAndTheWorld, ADamagedSnapshotIsNoticedAndMadeAgain) {
  here.suite("ok", {{"good.c", misbehaving({"exit", "0"})}});
  ASSERT_EQ(here.xtest(guests.words("ok")).code, 0);
  for (const char* part : {"memory", "state"}) {
    const auto file = guests.snapshot() / part;
    std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
    damage.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file) / 2));
    damage.write("damaged", 7);
    damage.close();
    const Ran ran = here.xtest(guests.words("ok"));
    EXPECT_EQ(ran.code, 0) << describe(ran);
    EXPECT_THAT(ran.err, HasSubstr("note: vm: the snapshot is damaged; booting linux-x86_64 once"));
  }
}

TEST_F(GuestsAndTheWorld, TwoClonesDoNotReadTheSameRandomBytesAndKnowTheTime) {
  const std::string prints = "#include <stdio.h>\n#include <time.h>\nint main(void) {\n  unsigned char bytes[16];\n  FILE *file = fopen(\"/dev/urandom\", \"r\");\n"
                             "  if (!file || fread(bytes, 1, 16, file) != 16) return 1;\n  for (int i = 0; i < 16; ++i) printf(\"%02x\", bytes[i]);\n"
                             "  printf(\" %ld\\n\", (long)time(NULL));\n  return 9;\n}\n";
  here.suite("random", {{"r.c", prints}});
  std::set<std::string> seen;
  for (int turn = 0; turn < 2; ++turn) {
    here.xtest(guests.words("random"));
    const std::string said = here.verdicts().at("run::r.c").output;
    const auto space = said.find(' ');
    ASSERT_EQ(space, 32u) << said;
    EXPECT_TRUE(seen.insert(said.substr(0, space)).second) << "both read " << said;
    EXPECT_NEAR(static_cast<double>(std::stol(said.substr(space))), static_cast<double>(::time(nullptr)), 60);
  }
}

}  // namespace
}  // namespace xtest
