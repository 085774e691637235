// SPDX-License-Identifier: Apache-2.0
// Emulator or port? A program that meets qemu-user's lost exec error, one that fails everywhere and one that is well, under
// the real qemu-user and in a real guest.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/support/playground.h"
#include "tests/support/watch.h"

namespace xtest {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// qemu-user turns vfork into fork: the error of the exec in the child does not reach the parent.
constexpr const char* kSpawns = R"(#include <errno.h>
#include <spawn.h>
#include <stdio.h>
int main(void) {
  char *argv[] = {"none", 0};
  pid_t child;
  int error = posix_spawn(&child, "/nonexistent", 0, 0, argv, 0);
  if (error != ENOENT) printf("posix_spawn said %d\n", error);
  return error != ENOENT;
}
)";

struct EmulatorOrPort : testing::Test {
  const Playground here;

  void SetUp() override {
    if (native_target() != "x86_64-unknown-linux-gnu") GTEST_SKIP() << "the guest of these tests is x86_64";
    if (!is_there("qemu-x86_64-static") || !is_there("qemu-system-x86_64")) GTEST_SKIP() << "a qemu is not installed";
    const std::string fine = "int main(void) { return 0; }\n", wrong = "int main(void) { return 3; }\n";
    here.suite("both", {{"fine.c", fine}, {"spawns.c", kSpawns}, {"wrong.c", wrong}}, "limit: 20s\n");
  }
  Ran run(const Playground::Words& more) const { return here.run("both", more); }
  bool is_decided(const std::string& test) const {
    const auto records = here.records();
    return !records.empty() && here.verdicts(records.back()).contains(test);
  }
};

TEST_F(EmulatorOrPort, WhatFailsUnderQemuUserIsRunAgainInTheGuest) {
  const Ran ran = run({"--on", "qemu-user", "--confirm", "vm", "-j1"});
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.at("run::fine.c").status, "pass");
  EXPECT_EQ(verdicts.at("run::fine.c").attempts, 1);
  EXPECT_EQ(verdicts.at("run::spawns.c").status, "emulator");
  EXPECT_EQ(verdicts.at("run::spawns.c").reason, "emulator (qemu-user), not your port: it passes on vm:linux-x86_64");
  EXPECT_EQ(verdicts.at("run::wrong.c").status, "fail");
  EXPECT_THAT(verdicts.at("run::wrong.c").reason, HasSubstr("port: fails on both (qemu-user: "));
  EXPECT_THAT(ran.err, HasSubstr("emulator (qemu-user), not your port"));
  EXPECT_THAT(ran.err, HasSubstr("port: fails on both"));
  EXPECT_THAT(read_text(here.records().back() / "events.jsonl"), ContainsRegex("calibration x86_64-unknown-linux-gnu qemu-user\"(.|\n)*"
                                                                            "calibration x86_64-unknown-linux-gnu vm:linux-x86_64\""));
  const Ran judged = here.xtest({"rejudge", "latest"});
  EXPECT_EQ(judged.code, 100) << describe(judged);
  EXPECT_EQ(here.verdicts().at("run::spawns.c").status, "emulator");
  EXPECT_EQ(here.verdicts().at("run::wrong.c").reason, verdicts.at("run::wrong.c").reason);
  const Ran shown = here.xtest({"show", "latest::both::run::spawns.c"});
  EXPECT_THAT(shown.out, ContainsRegex("attempt 3 on vm:linux-x86_64: pass"));
}

TEST_F(EmulatorOrPort, OnBothHasAColumnForEachAndALineForTheDifference) {
  const Ran ran = run({"--on", "qemu-user,vm", "-j1"});
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_THAT(ran.err, ContainsRegex("qemu-user +vm:linux-x86_64\n"));
  EXPECT_THAT(ran.err, ContainsRegex("pass +1 +2\n"));
  EXPECT_THAT(ran.err, HasSubstr("1 of 3 tests have another verdict elsewhere:"));
  EXPECT_THAT(ran.err, ContainsRegex("both::run::spawns.c gcc +FAIL +PASS"));
  std::size_t builds = 0;
  for (const auto& event : here.events(here.records().back()))
    builds += event.value("event", "") == "job_started" && event.value("kind", "") == "build" ? 1 : 0;
  EXPECT_EQ(builds, 3u) << "each program is built once";
}

TEST_F(EmulatorOrPort, ARerunIsAboutWhatFailedWhereItFailed) {
  const Ran ran = run({"--on", "host,qemu-user"});
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_THAT(ran.err, ContainsRegex("both::run::spawns.c gcc +PASS +FAIL"));
  const Ran again = here.xtest({"rerun"});
  EXPECT_EQ(again.code, 100) << describe(again);
  EXPECT_THAT(again.err, ContainsRegex("fail +1 +2\n"));
  EXPECT_THAT(again.err, HasSubstr("0 of 1 tests have another verdict elsewhere"));
  EXPECT_THAT(again.err, HasSubstr("1 tests were selected on one executor only"));
}

TEST_F(EmulatorOrPort, AResumedRunGoesOnOnEachExecutor) {
  const std::string sleeps = "#include <unistd.h>\nint main(void) { sleep(3); return 0; }\n";
  here.suite("slow", {{"a.c", "int main(void) { return 0; }\n"}, {"z.c", sleeps}}, "limit: 60s\n");
  {
    Running running(here.call(here.run_words("slow", {"--on", "host,qemu-user", "-j1"})));
    ASSERT_TRUE(eventually([&] { return is_decided("run::a.c"); }, std::chrono::seconds(60)));
    running.send(SIGKILL);
    running.wait();
  }
  const Ran resumed = here.xtest({"resume"});
  EXPECT_EQ(resumed.code, 0) << describe(resumed);
  EXPECT_THAT(resumed.err, ContainsRegex("pass +2 +2\n"));
  EXPECT_THAT(resumed.err, HasSubstr("0 of 2 tests have another verdict elsewhere"));
}

TEST_F(EmulatorOrPort, AKnownLieIsNamedAndOneThatIsOverIsReported) {
  const std::string one = "executor: qemu-user, versions: \">=1.0\", what: exec errors are lost, evidence: kSpawns";
  here.write("known.yaml", "lies:\n- {id: lost, " + one + ", test: \"*::spawns.c\", expires: 2999-01-01}\n"
                           "- {id: idle, " + one + ", test: \"*::fine.c\", expires: 2999-01-01}\n"
                           "- {id: old, " + one + ", test: \"*::wrong.c\", expires: 2020-01-01}\n");
  const Ran ran = run({"--on", "qemu-user", "--known-lies", "known.yaml"});
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::spawns.c").status, "emulator");
  EXPECT_THAT(here.verdicts().at("run::spawns.c").reason, HasSubstr("known lie lost: exec errors are lost"));
  EXPECT_EQ(here.verdicts().at("run::wrong.c").status, "fail");
  EXPECT_THAT(ran.err, ContainsRegex("old .*known.yaml:4:[0-9]+. expired on 2020-01-01"));
  EXPECT_THAT(ran.err, ContainsRegex("idle .*was not met"));
  EXPECT_THAT(ran.err, Not(ContainsRegex("lost .*was not met")));
  const Ran strict = run({"--on", "qemu-user", "--known-lies", "known.yaml", "--emulator", "fail", "both::run::spawns.c"});
  EXPECT_EQ(strict.code, 100) << describe(strict);
}

TEST_F(EmulatorOrPort, AKnownLieOfAnImageIsMetInItsGuestAndNowhereElse) {
  const std::string one = "versions: \">=1.0\", what: nothing works, evidence: none, test: \"*::wrong.c\"";
  here.write("known.yaml", "lies:\n- {id: of-it, executor: \"vm:linux-x86_64\", " + one + ", expires: 2999-01-01}\n"
                           "- {id: of-another, executor: \"vm:freebsd-14\", " + one + ", expires: 2999-01-01}\n");
  const Ran ran = run({"--on", "host,vm", "--known-lies", "known.yaml", "both::run::wrong.c"});
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_THAT(ran.err, ContainsRegex("both::run::wrong.c gcc +FAIL +EMULATOR"));
  EXPECT_EQ(here.verdicts().at("run::wrong.c").status, "emulator");
  EXPECT_THAT(here.verdicts().at("run::wrong.c").reason, HasSubstr("known lie of-it: nothing works"));
  EXPECT_THAT(ran.err, Not(HasSubstr("was not met")));
}

TEST_F(EmulatorOrPort, WhatCannotBeConfirmedIsRefusedBeforeAnythingRuns) {
  here.write("typo.yaml", "lies:\n- {id: of-nothing, executor: \"vm:linux-x86_46\", versions: \">=1.0\", test: \"*\", what: w, evidence: e, expires: 2999-01-01}\n");
  const std::pair<Playground::Words, std::string> refused[] = {
      {{"--on", "qemu-user", "--confirm", "wine"}, "has no executor 'wine'"},
      {{"--on", "host", "--confirm", "vm"}, "host is no emulator: what fails there is the port's"},
      {{"--on", "vm", "--confirm", "vm"}, "every test runs there already"},
      {{"--on", "qemu-user", "--confirm", "vm,host"}, "--confirm takes one executor"},
      {{"--on", "qemu-user,qemu-user"}, "names qemu-user twice"},
      {{"--on", "qemu-user,"}, "without a name"},
      {{"--on", "qemu-user,wine"}, "has no executor 'wine'"},
      {{"--on", "qemu-user", "--known-lies", "none.yaml"}, "none.yaml"},
      {{"--on", "qemu-user", "--confirm", "vm:linux-x86_46"}, "did you mean linux-x86_64?"},
      {{"--on", "qemu-user", "--known-lies", "typo.yaml"}, "typo.yaml:2:3: the known lie of-nothing is about vm:linux-x86_46"},
      {{"--on", "quemu-user"}, "did you mean qemu-user?"},
      {{"--on", "vm:nosuch"}, "`xtest image list` shows those there are"},
      {{"--on", "vm:linux-riscv64"}, "it serves riscv64gc-unknown-linux-gnu"},
  };
  for (const auto& [words, why] : refused) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, 2) << describe(ran);
    EXPECT_THAT(ran.err, HasSubstr(why));
  }
  EXPECT_TRUE(here.records().empty());
}

}  // namespace
}  // namespace xtest
