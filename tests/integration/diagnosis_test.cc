// SPDX-License-Identifier: Apache-2.0
// What a run says of programs that crash or fail: a closer look, which is seen in every report and changes no verdict.
#include <gmock/gmock.h>

#include "tests/support/playground.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const std::string kNull =
    "static int *volatile nothing;\n__attribute__((noinline)) static void write_there(int *where) { *where = 1; }\n"
    "int main(void) { write_there(nothing); return 0; }\n";
const char* const kMore = "limit: 20s\nflags: [-g, -O1]\n";

std::string junit_of(const Playground& here) {
  std::string text;
  for (const auto& entry : std::filesystem::directory_iterator(here.records().back() / "junit")) text += read_text(entry.path());
  return text;
}

// The file that a line of the console names, behind `label`.
std::string file_after(const std::string& text, const std::string& label) {
  const auto at = text.find(label);
  if (at == std::string::npos) return "";
  const auto begin = text.find_first_not_of(" \n", at + label.size());
  return text.substr(begin, text.find('\n', begin) - begin);
}

TEST(Diagnosis, ACrashIsExplainedInEveryReport) {
  const Playground here;
  here.suite("dies", {{"null.c", kNull}}, kMore);
  const Ran ran = here.run("dies");
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const Verdict verdict = here.verdicts().at("run::null.c");
  EXPECT_EQ(verdict.status, "crash");
  EXPECT_EQ(verdict.message, "killed by SEGV (11)");
  EXPECT_EQ(verdict.attempts, 1);
  const Ran shown = here.xtest({"show", "latest::dies::run::null.c"});
  for (const std::string& text : {ran.err, junit_of(here), shown.out})
    EXPECT_THAT(text, AllOf(HasSubstr("SIGSEGV at 0x0: nothing is mapped there"), HasSubstr("a null pointer"), HasSubstr("#0 write_there")));
  EXPECT_THAT(ran.err, ContainsRegex("`[^`]+` in write_there"));
}

TEST(Diagnosis, AnExpectedCrashIsNotLookedAtAgain) {
  const Playground here;
  here.suite("dies", {{"null.c", kNull}}, kMore);
  const auto list = here.write("expect.yaml", "expectations:\n- test: 'dies::*'\n  status: xfail\n  reason: known\n");
  const Ran ran = here.run("dies", {"--expect", list.string()});
  ASSERT_FALSE(here.records().empty()) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::null.c").status, "xfail") << describe(ran);
  EXPECT_THAT(read_text(here.records().back() / "events.jsonl"), Not(HasSubstr("nothing is mapped there")));
}

TEST(Diagnosis, ACrashThatDoesNotComeTwiceStaysACrash) {
  const Playground here;
  const std::string mark = (here.folder() / "mark").string();
  here.suite("dies", {{"once.c", "#include <fcntl.h>\n#include <stdlib.h>\nint main(void) { if (open(\"" + mark +
                                     "\", O_CREAT | O_EXCL, 0600) >= 0) abort(); return 0; }\n"}}, kMore);
  const Ran ran = here.run("dies");
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::once.c").status, "crash");
  EXPECT_THAT(ran.err, HasSubstr("did not crash: it exited with 0"));
}

TEST(Diagnosis, ALookThatMakesNoSenseIsRefusedOrEmpty) {
  const Playground here;
  const auto damaged = here.write("damaged", "\177ELF\2\1\1 and no more");
  const std::string map = "machine x86_64\nprocess 1\nmap 1000-2000 r-xp 0 " + damaged.string() + "\n";
  const std::string thread = "thread 1 R - 0 - x\nsignal 11 1 10\nregisters " + std::string(27 * 16, '1') + "\nmemory 0 00\n";
  for (const std::string& look : {std::string(), std::string("no look\n"), map, map + thread}) {
    Call call = here.call({"explain", "x86_64", "/usr/bin/objdump"});
    call.input = look;
    const Ran ran = run_program(call);
    EXPECT_EQ(ran.code, 0) << describe(ran);
    EXPECT_EQ(ran.out.contains("SIGSEGV at 0x10"), look.contains("signal")) << describe(ran);
  }
}

TEST(Diagnosis, TraceKeepsTheSystemCallsOfWhatFailed) {
  if (!is_there("strace")) GTEST_SKIP() << "there is no strace";
  const Playground here;
  here.suite("fails", {{"bad.c", "int main(void) { return 7; }\n"}, {"good.c", "int main(void) { return 0; }\n"}}, kMore);
  const Ran ran = here.run("fails", {"--trace"});
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::bad.c").message, "exited with 7");
  EXPECT_EQ(here.verdicts().at("run::good.c").status, "pass");
  const std::string file = file_after(ran.err, "iB):");
  EXPECT_THAT(read_text(here.folder() / file), HasSubstr("exit_group(7)")) << file << "\n" << describe(ran);
}

}  // namespace
}  // namespace xtest
