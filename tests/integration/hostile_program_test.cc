// SPDX-License-Identifier: Apache-2.0
// Programs that do their worst: each gets its own verdict, its neighbours theirs, and nothing of it stays behind.
#include <gmock/gmock.h>

#include "tests/support/playground.h"

namespace xtest {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kFailures = 100;

const std::string kGood = "int main(void) { return 0; }\n";

std::string printing(const std::string& c_string) {
  return "#include <unistd.h>\nint main(void) {\n  static const char text[] = \"" + c_string +
         "\";\n  return write(1, text, sizeof text - 1) == (ssize_t)sizeof text - 1 ? 1 : 2;\n}\n";
}

bool runs_now(const std::string& program) {
  Call call;
  call.argv = {"pgrep", "-f", program};
  return run_program(call).code == 0;
}

std::string junit_of(const Playground& here) {
  std::string text;
  for (const auto& entry : std::filesystem::directory_iterator(here.records().back() / "junit"))
    text += read_text(entry.path());
  return text;
}

// What a foreign parser makes of it: nothing if it refuses the file.
Ran parsed_by_python(const Playground& here, const std::string& expression) {
  Call call;
  call.argv = {"python3", "-c",
               "import sys, glob, xml.etree.ElementTree as E\n"
               "root = E.parse(glob.glob('.xtest/runs/*/junit/*.xml')[-1]).getroot()\n"
               "cases = root.findall('.//testcase')\nprint(" + expression + ")\n"};
  call.cwd = here.folder();
  return run_program(call);
}

TEST(HostileProgram, AGigabyteOfOutputIsCappedAndDoesNotHoldTheRun) {
  const Playground here;
  here.suite("loud", {{"out.c", misbehaving({"print", "1000000000"})}, {"good.c", kGood}}, "limit: 60s\n");
  const Ran ran = here.run("loud", {"--retries", "0"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  std::uintmax_t kept = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.records().back()))
    if (entry.is_regular_file()) kept += entry.file_size();
  EXPECT_LT(kept, 4u << 20) << "bytes in the record";
}

TEST(HostileProgram, BytesThatAreNoTextArriveReadable) {
  const Playground here;
  here.suite("bytes",
             {{"a.c", printing("bad \\xff\\xfe, nul \\0, \\x1b[31mansi\\x1b[0m, ]]> & <b> \\xef\\xbf\\xbe end\\n")}});
  const Ran ran = here.run("bytes");
  EXPECT_EQ(ran.code, kFailures) << describe(ran);
  const std::string junit = junit_of(here);
  EXPECT_THAT(junit, HasSubstr("\\xff\\xfe"));
  EXPECT_THAT(junit, Not(HasSubstr("\x1b")));
  EXPECT_THAT(junit, Not(HasSubstr("<b>")));
  EXPECT_THAT(parsed_by_python(here, "'<b>' in ''.join(root.itertext()), len(cases)").out, HasSubstr("True 1"));
  EXPECT_THAT(ran.err, Not(HasSubstr("\x1b"))) << "the terminal is not the program's to paint";
}

TEST(HostileProgram, AForgedJunitFragmentIsOnlyText) {
  const Playground here;
  here.suite("forge", {{"a.c", printing("]]></system-out></testcase><testcase name='forged'/><testcase>")}});
  EXPECT_EQ(here.run("forge").code, kFailures);
  EXPECT_EQ(parsed_by_python(here, "[c.get('name') for c in cases]").out, "['a.c']\n");
}

TEST(HostileProgram, AForgedTrailerIsNotBelieved) {
  const Playground here;
  here.write("suites/forged/suite.yaml", "suite: forged\nframework: probe\n");
  const std::map<std::string, std::string> lies{
      {"nonce", "  puts(\"@xtest 0123456789abcdef0123456789abcdef end ok 1 0\");\n  return 0;\n"},
      {"early", "  printf(\"@xtest %s end ok 1 0\\n\", getenv(\"XTEST_NONCE\"));\n  return 1;\n"},
      {"counts",
       "  printf(\"@xtest %s fail a b\\n@xtest %s end ok 1 0\\n\", getenv(\"XTEST_NONCE\"), "
       "getenv(\"XTEST_NONCE\"));\n  return 0;\n"},
      {"truth", "  printf(\"@xtest %s end ok 1 0\\n\", getenv(\"XTEST_NONCE\"));\n  return 0;\n"}};
  for (const auto& [name, body] : lies) {
    here.write("suites/forged/" + name + "/" + name + ".c",
               "#include <stdio.h>\n#include <stdlib.h>\nint main(void) {\n" + body + "}\n");
    here.write("suites/forged/" + name + "/probe.yaml",
               "probe: " + name + "\ntitle: a lie\nrung: file\nlimit: 5s\nlanguages:\n  c: {sources: [" + name +
                   ".c]}\ndiagnosis:\n" +
                   "  crash: \"{detail}\"\n  timeout: \"{detail}\"\n  no-trailer: \"{detail}\"\n" +
                   "cause: none\nseen: nowhere\nreference: none\n");
  }
  const Ran ran = here.run("forged");
  EXPECT_EQ(ran.code, kFailures) << describe(ran);
  ASSERT_FALSE(here.records().empty()) << describe(ran);
  for (const auto& [test, verdict] : here.verdicts())
    EXPECT_EQ(verdict.status, test.starts_with("truth") ? "pass" : "fail") << test;
}

TEST(HostileProgram, ForgedWordsOfADyingQemuMakeNoInfra) {
  if (!is_there("qemu-aarch64-static") || !is_there("aarch64-linux-gnu-gcc"))
    GTEST_SKIP() << "no qemu-user for aarch64";
  const Playground here;
  std::map<std::string, std::string> files;
  const std::map<std::string, std::string> words{
      {"internal", "QEMU internal SIGSEGV {code=MAPERR, addr=0x20}"},
      {"assertion", "ERROR:../accel/tcg/cpu-exec.c:928:cpu_exec: assertion failed: (cpu == current_cpu)"},
      {"guest", "qemu: uncaught target signal 11 (Segmentation fault) - core dumped"},
      {"qemu_abort", "qemu_aarch64: ../linux-user/mmap.c:120: mmap_lock: Assertion `x' failed."}};
  for (const auto& [name, line] : words) {
    const std::string begin = "#include <stdio.h>\nint main(void) {\n  fputs(\"" + line + "\\n\", stderr);\n";
    files["exit-" + name + ".c"] = begin + "  return 1;\n}\n";
    files["segv-" + name + ".c"] = begin + "  *(volatile int *)0 = 1;\n  return 0;\n}\n";
  }
  here.suite("forged", files);
  const Ran ran = here.xtest(here.run_words("forged", {"--on", "qemu-user"}, "aarch64-unknown-linux-gnu"));
  EXPECT_EQ(ran.code, kFailures) << describe(ran);
  ASSERT_FALSE(here.records().empty()) << describe(ran);
  for (const auto& [name, line] : words) {
    const Verdict exited = here.verdicts().at("run::exit-" + name + ".c");
    EXPECT_EQ(exited.status + "/" + exited.kind, "fail/exit-code") << name;
    const Verdict crashed = here.verdicts().at("run::segv-" + name + ".c");
    EXPECT_EQ(crashed.status + "/" + crashed.message, "crash/killed by SEGV (11)") << name;
  }
}

TEST(HostileProgram, ADaemonLeavesNothingBehind) {
  for (const std::string way : {"daemonize", "quiet-orphan", "setsid-child", "fork-and-exit"}) {
    const Playground here;
    here.suite("leaky", {{"leak-" + way + ".c", misbehaving({way})}, {"good.c", kGood}});
    const Ran ran = here.run("leaky");
    EXPECT_EQ(ran.code, 0) << way << describe(ran);
    EXPECT_LT(ran.wall, std::chrono::seconds(40)) << way;
    EXPECT_FALSE(runs_now("leak-" + way + ".c.bi[n]")) << way;
  }
}

TEST(HostileProgram, EveryOtherTrickEndsWithItsOwnVerdict) {
  const Playground here;
  here.suite("tricks",
             {{"ignore-term.c", misbehaving({"ignore-term"})},
              {"stop-self.c", misbehaving({"stop-self"})},
              {"fork-many.c", misbehaving({"fork-many", "20"})},
              {"fill-dir.c", misbehaving({"fill-dir"})},
              {"rm-cwd.c", misbehaving({"rm-cwd"})},
              {"close-all-fds.c", misbehaving({"close-all-fds"})},
              {"sigpipe.c", misbehaving({"sigpipe"})},
              {"segv.c", misbehaving({"signal", "11"})},
              {"abort.c", misbehaving({"signal", "6"})},
              {"good.c", kGood}},
             "limit: 1s\n");
  const Ran ran = here.run("tricks");
  EXPECT_EQ(ran.code, kFailures) << describe(ran);
  const auto verdicts = here.verdicts();
  const std::map<std::string, std::string> expected{
      {"run::ignore-term.c", "timeout"}, {"run::stop-self.c", "timeout"}, {"run::fork-many.c", "timeout"},
      {"run::fill-dir.c", "pass"},       {"run::rm-cwd.c", "pass"},       {"run::close-all-fds.c", "fail"},
      {"run::sigpipe.c", "crash"},       {"run::segv.c", "crash"},        {"run::abort.c", "crash"},
      {"run::good.c", "pass"}};
  for (const auto& [test, status] : expected)
    EXPECT_EQ(verdicts.at(test).status, status) << test << ": " << verdicts.at(test).message;
  EXPECT_THAT(verdicts.at("run::sigpipe.c").message, HasSubstr("PIPE"));
  EXPECT_THAT(verdicts.at("run::segv.c").message, HasSubstr("SEGV"));
  EXPECT_EQ(verdicts.at("run::abort.c").kind, "abort");
  EXPECT_THAT(verdicts.at("run::close-all-fds.c").message, HasSubstr("5"));
  EXPECT_FALSE(runs_now("ignore-term.c.bi[n]"));
  EXPECT_FALSE(runs_now("fork-many.c.bi[n]"));
  EXPECT_FALSE(std::filesystem::exists(here.folder() / ".xtest" / "work" / here.records().back().filename()))
      << "scratch was left";
}

TEST(HostileProgram, AKilledProgramIsTroubleOnceAndACrashTwice) {
  const Playground here;
  here.suite("killed", {{"a.c", misbehaving({"signal", "9"})}});
  const Ran ran = here.run("killed");
  EXPECT_EQ(ran.code, kFailures) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::a.c").status, "crash");
  EXPECT_EQ(here.verdicts().at("run::a.c").attempts, 2);
}

}  // namespace
}  // namespace xtest
