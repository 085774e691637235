// SPDX-License-Identifier: Apache-2.0
// Every command that reads a record or chooses what to run, with the real binary.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/support/playground.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

constexpr int kUsage = 2, kNothingSelected = 4, kOutstanding = 5, kFailures = 100, kOutput = 110, kExecFailed = 125;

const std::string kGood = "int main(void) { return 0; }\n";
const std::string kBad = "#include <stdio.h>\nint main(void) { puts(\"told & <why>\"); return 3; }\n";
// Passes from its second time on: it leaves a mark.
std::string flaky(const fs::path& mark) {
  return "#include <stdio.h>\nint main(void) {\n  FILE *mark = fopen(\"" + mark.string() +
         "\", \"r\");\n  if (mark) return 0;\n  fclose(fopen(\"" + mark.string() + "\", \"w\"));\n  return 1;\n}\n";
}

std::string all_files_of(const fs::path& folder) {
  std::map<fs::path, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder)] = read_text(entry.path());
  std::string text;
  for (const auto& [name, content] : files) text += "== " + name.string() + "\n" + content;
  return text;
}

struct Commands : testing::Test {
  const Playground here{"plain"};
  void SetUp() override { here.suite("mine", {{"bad.c", kBad}, {"good.c", kGood}, {"other.c", kGood}}); }
};

TEST_F(Commands, ReportsMadeLaterAreByteEqualToThoseWrittenLive) {
  EXPECT_EQ(here.run("mine", {"--junit", "live", "--jsonl", "live.jsonl"}).code, kFailures);
  EXPECT_EQ(here.xtest({"report", "latest", "--format", "junit", "--output", "later"}).code, 0);
  EXPECT_EQ(here.xtest({"report", "latest", "--format", "jsonl", "--output", "later.jsonl"}).code, 0);
  EXPECT_EQ(all_files_of(here.folder() / "live"), all_files_of(here.folder() / "later"));
  EXPECT_EQ(all_files_of(here.folder() / "live"), all_files_of(here.records().back() / "junit"));
  EXPECT_EQ(read_text(here.folder() / "live.jsonl"), read_text(here.folder() / "later.jsonl"));
  EXPECT_EQ(here.xtest({"report", "--format", "jsonl"}).out, read_text(here.folder() / "live.jsonl"));
  EXPECT_EQ(here.xtest({"report", "--format", "junti"}).code, kUsage);
}

TEST_F(Commands, JunitIsReadByParsersThatOthersWrote) {
  EXPECT_EQ(here.run("mine", {"--junit", "portable", "--junit-dialect", "portable"}).code, kFailures);
  Call lint = here.call({});
  lint.argv = {"sh", "-c", "xmllint --noout --schema '" XTEST_SOURCE_DIR "/tests/data/junit-10.xsd' portable/*.xml"};
  const Ran linted = run_program(lint);
  EXPECT_EQ(linted.code, 0) << describe(linted);
  Call python = here.call({});
  python.argv = {"python3", "-c",
                 "import glob, xml.etree.ElementTree as E\n"
                 "for case in sorted(E.parse(glob.glob('portable/*.xml')[0]).getroot().iter('testcase'), key=lambda case: case.get('name')):\n"
                 "  failure = case.find('failure')\n"
                 "  print(case.get('name'), 'told & <why>' in ''.join(case.itertext()), failure is not None and failure.get('type'))\n"};
  EXPECT_EQ(run_program(python).out, "bad.c True xtest.exit-code\ngood.c False False\nother.c False False\n");
}

TEST_F(Commands, TheReproLineRunsTheFailureAgain) {
  const Ran ran = here.run("mine");
  const auto at = ran.err.find("repro: xtest ");
  ASSERT_NE(at, std::string::npos) << describe(ran);
  const auto begin = at + std::string("repro: xtest ").size();
  Call again = here.call({});
  again.argv = {"sh", "-c", "exec \"$0\" " + ran.err.substr(begin, ran.err.find('\n', begin) - begin), XTEST_BINARY};
  const Ran repeated = run_program(again);
  EXPECT_EQ(repeated.code, kFailures) << describe(repeated);
  EXPECT_EQ(here.verdicts().size(), 1u);
  EXPECT_EQ(here.verdicts().at("run::bad.c").status, "fail");
}

TEST_F(Commands, RerunRunsOnlyWhatWasBad) {
  EXPECT_EQ(here.run("mine").code, kFailures);
  EXPECT_EQ(here.xtest({"rerun"}).code, kFailures);
  EXPECT_EQ(here.records().size(), 2u);
  EXPECT_EQ(here.verdicts().size(), 1u);
  here.suite("mine", {{"bad.c", kGood}});
  const Ran ran = here.xtest({"rerun", "latest~1"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  here.suite("mine", {{"bad.c", kBad}, {"worse.c", kBad}});
  EXPECT_EQ(here.run("mine").code, kFailures);
  here.suite("mine", {{"bad.c", kGood}});
  fs::remove(here.folder() / "suites" / "mine" / "worse.c");
  const Ran outstanding = here.xtest({"rerun"});
  EXPECT_EQ(outstanding.code, kOutstanding) << "worse.c was bad and could not be run again\n" << describe(outstanding);
  const Ran nothing = here.xtest({"rerun"});
  EXPECT_EQ(nothing.code, kOutstanding) << "worse.c is still bad\n" << describe(nothing);
  const Ran resumed = here.xtest({"resume"});
  EXPECT_EQ(resumed.code, kOutstanding) << "a rerun is resumed as the rerun it is\n" << describe(resumed);
  EXPECT_EQ(here.verdicts().size(), 1u);
}

// The loader's path is wrong: hello does not start, as expected, and blocks C1.
TEST_F(Commands, RerunOfWhatIsBlockedTakesWhatBlocksItAlong) {
  if (native_target() != "x86_64-unknown-linux-gnu") GTEST_SKIP() << "the planted target is x86_64";
  here.write("known.yaml", "expectations:\n- {test: \"hello::*\", reason: \"the loader is missing\"}\n");
  const fs::path planted = fs::path(XTEST_SOURCE_DIR) / "tests" / "faults" / "wrong-loader.yaml";
  const Ran ran = here.xtest({"run", "--target", "x86_64-planted-wrong_loader", "--target-file", planted.string(), "--expect",
                              "known.yaml", "hello::dynamic::c", "probes::C1::c"});
  EXPECT_EQ(here.verdicts().at("dynamic::c").status, "xfail") << describe(ran);
  EXPECT_EQ(here.verdicts().at("C1::c").kind, "blocked");
  const Ran again = here.xtest({"rerun"});
  EXPECT_EQ(again.code, ran.code) << describe(again);
  EXPECT_EQ(here.verdicts().at("dynamic::c").status, "xfail");
  EXPECT_EQ(here.verdicts().at("C1::c").kind, "blocked");
}

TEST_F(Commands, ResumeOfAFinishedRunAddsNothing) {
  EXPECT_EQ(here.run("mine").code, kFailures);
  const auto before = here.verdicts();
  EXPECT_EQ(here.xtest({"resume"}).code, kFailures);
  EXPECT_EQ(here.records().size(), 1u);
  for (const auto& [test, verdict] : here.verdicts()) EXPECT_EQ(verdict.times_decided, 1) << test;
  here.suite("mine", {{"new.c", kGood}});
  const Ran refused = here.xtest({"resume"});
  EXPECT_EQ(refused.code, kUsage) << "the plan is another one now\n" << describe(refused);
}

TEST_F(Commands, ListAndShowReadTheRecord) {
  EXPECT_EQ(here.run("mine").code, kFailures);
  const std::string id = here.records().back().filename();
  EXPECT_THAT(here.xtest({"list"}).out, AllOf(HasSubstr(id), HasSubstr(native_target())));
  EXPECT_THAT(here.xtest({"list", "latest"}).out, AllOf(HasSubstr("bad.c"), HasSubstr("good.c"), HasSubstr("other.c")));
  EXPECT_THAT(here.xtest({"show", id.substr(0, 20)}).out, HasSubstr("bad.c"));
  EXPECT_THAT(here.xtest({"show", "latest::mine::run::bad.c"}).out, AllOf(HasSubstr("told & <why>"), HasSubstr("exited with 3")));
  EXPECT_EQ(here.xtest({"show", "latest::mine::run::nothing.c"}).code, kNothingSelected);
  EXPECT_EQ(here.xtest({"show", "latest~7"}).code, kUsage);
  EXPECT_EQ(here.xtest({"show", "--runs", "elsewhere"}).code, kUsage);
}

TEST_F(Commands, PlanShowsOrderCommandsAndWhatIsLeftOut) {
  const Playground::Words words = here.run_words("mine", {"mine::run::g*"});
  Playground::Words plan(words);
  plan[0] = "plan";
  const Ran ran = here.xtest(plan);
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("run    mine::run::good.c"), HasSubstr("build"), HasSubstr("left out"), HasSubstr("bad.c: "),
                             HasSubstr("1 cases")));
  EXPECT_TRUE(here.records().empty());
}

TEST_F(Commands, RejudgeEqualsARunWithThatList) {
  EXPECT_EQ(here.run("mine").code, kFailures);
  here.write("known.yaml", "expectations:\n  - test: mine::run::bad.c\n    reason: known since ever\n");
  const Ran judged = here.xtest({"rejudge", "latest", "--expect", "known.yaml"});
  EXPECT_EQ(judged.code, 0) << describe(judged);
  ASSERT_EQ(here.records().size(), 2u);
  const auto again = here.verdicts();
  const Ran ran = here.run("mine", {"--expect", "known.yaml"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  const auto direct = here.verdicts();
  ASSERT_EQ(again.size(), direct.size());
  for (const auto& [test, verdict] : direct) {
    EXPECT_EQ(again.at(test).status, verdict.status) << test;
    EXPECT_EQ(again.at(test).reason, verdict.reason) << test;
  }
  EXPECT_EQ(direct.at("run::bad.c").status, "xfail");
}

TEST_F(Commands, PartitionsTogetherAreTheWholeAndNeverOverlap) {
  std::multiset<std::string> seen;
  for (const std::string part : {"1", "2"}) {
    const Ran ran = here.run("mine", {"--partition", "slice:" + part + "/2"});
    EXPECT_TRUE(ran.code == 0 || ran.code == kFailures) << describe(ran);
    for (const auto& [test, verdict] : here.verdicts()) seen.insert(test);
  }
  EXPECT_EQ(seen, (std::multiset<std::string>{"run::bad.c", "run::good.c", "run::other.c"}));
  EXPECT_EQ(here.run("mine", {"--partition", "slice:3/2"}).code, kUsage);
  EXPECT_EQ(here.run("mine", {"--partition", "half"}).code, kUsage);
}

TEST_F(Commands, RetriesMakeAFlakyPassAndSaySo) {
  here.suite("shaky", {{"a.c", flaky(here.folder() / "mark")}, {"b.c", kGood}});
  const Ran ran = here.run("shaky", {"--retries", "2"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::a.c").status, "flaky");
  EXPECT_EQ(here.verdicts().at("run::a.c").attempts, 2);
  fs::remove(here.folder() / "mark");
  EXPECT_EQ(here.run("shaky", {"--retries", "2", "--flaky", "fail"}).code, kFailures);
}

TEST_F(Commands, MaxFailStopsAndWhatNeverRanIsNotGreen) {
  here.suite("many", {{"a.c", kBad}, {"b.c", kBad}, {"c.c", kBad}, {"d.c", kBad}, {"e.c", kBad}, {"f.c", kBad}});
  const Ran ran = here.run("many", {"--max-fail", "2", "-j1"});
  EXPECT_EQ(ran.code, kFailures) << describe(ran);
  EXPECT_LT(here.verdicts().size(), 6u);
  EXPECT_GE(here.verdicts().size(), 2u);
}

TEST_F(Commands, ReusedResultsAreSaidAndOnlyPassesAreTakenOver) {
  EXPECT_EQ(here.run("mine", {"--reuse-results"}).code, kFailures);
  const Ran second = here.run("mine", {"--reuse-results"});
  EXPECT_EQ(second.code, kFailures) << describe(second);
  EXPECT_THAT(second.err, AllOf(HasSubstr("3 builds (3 from cache)"), HasSubstr("2 ")));
  int executed = 0;
  for (const auto& event : here.events(here.records().back()))
    executed += event.value("event", "") == "job_started" && event.value("kind", "") == "run" && event.value("what", "") != "taken over";
  EXPECT_EQ(executed, 1) << "only the failure runs again";
}

TEST_F(Commands, ARecordWithoutABeginningIsRefusedNotTakenForGood) {
  EXPECT_EQ(here.run("mine").code, kFailures);
  here.write(".xtest/runs/" + here.records().back().filename().string() + "/events.jsonl", "garbage\n");
  for (const std::string command : {"resume", "rerun"}) {
    const Ran ran = here.xtest({command});
    EXPECT_EQ(ran.code, kUsage) << describe(ran);
    EXPECT_THAT(ran.err, HasSubstr("nothing in this record can be read"));
  }
}

TEST_F(Commands, WhatCannotBePrintedIsNoSuccess) {
  EXPECT_EQ(here.run("mine").code, kFailures);
  for (const std::string command : {"list", "list latest", "show", "report --format jsonl", "targets"}) {
    Call call = here.call({});
    call.argv = {"sh", "-c", "exec \"$0\" " + command + " >/dev/full", XTEST_BINARY};
    const Ran ran = run_program(call);
    EXPECT_EQ(ran.code, kOutput) << command << describe(ran);
  }
}

TEST_F(Commands, ARunWithClosedStandardDescriptorsKeepsItsRecordClean) {
  Call call = here.call({});
  call.argv = {"sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh", XTEST_BINARY};
  for (const std::string& word : here.run_words("mine")) call.argv.push_back(word);
  EXPECT_EQ(run_program(call).code, kFailures);
  std::istringstream lines(read_text(here.records().back() / "events.jsonl"));
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

struct Exec : testing::Test {
  const Playground here{"plain"};
  Ran exec(const Playground::Words& words, const std::string& input = "") {
    Playground::Words all{"exec", "--target", native_target(), "--"};
    all.insert(all.end(), words.begin(), words.end());
    Call call = here.call(all);
    call.input = input;
    return run_program(call);
  }
};

TEST_F(Exec, IsTransparent) {
  const std::string input{'t', '\0', '\xff', '\n', 'n'};
  const Ran ran = exec({"/bin/sh", "-c", "cat; echo to-err \"$1\" >&2; exit 7", "sh", "a b'c"}, input);
  EXPECT_EQ(ran.code, 7) << describe(ran);
  EXPECT_EQ(ran.out, input);
  EXPECT_EQ(ran.err, "to-err a b'c\n");
}

TEST_F(Exec, SaysASignalAs128AndN) {
  EXPECT_EQ(exec({"/bin/sh", "-c", "kill -SEGV $$"}).code, 128 + 11);
  EXPECT_EQ(exec({"/bin/sh", "-c", "kill -TERM $$"}).code, 128 + 15);
}

TEST_F(Exec, AWindowsCodeOfMoreThan8BitsNeverBecomesASuccess) {
  if (!can_run_windows_programs()) GTEST_SKIP() << "wine or its compiler is not installed";
  here.write("w.c", "int main(int count, char** words) { return count > 1 ? 256 : 3; }\n");
  Call compile = here.call({});
  compile.argv = {"x86_64-w64-mingw32-gcc", "-o", "w.exe", "w.c"};
  ASSERT_EQ(run_program(compile).code, 0);
  EXPECT_EQ(here.xtest({"exec", "--target", "x86_64-pc-windows-gnu", "--", "./w.exe"}).code, 3);
  const Ran ran = here.xtest({"exec", "--target", "x86_64-pc-windows-gnu", "--", "./w.exe", "more"});
  EXPECT_EQ(ran.code, 255) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("256"));
}

TEST_F(Exec, FailsItselfWith125AndOneLine) {
  const Ran ran = exec({"./no-such-program"});
  EXPECT_EQ(ran.code, kExecFailed);
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("no-such-program"));
  EXPECT_EQ(here.xtest({"exec", "--target", "no-such-target", "--", "/bin/true"}).code, kExecFailed);
}

TEST_F(Exec, LeavesFolderAndEnvironmentAlone) {
  Call call = here.call({"exec", "--target", native_target(), "--", "/bin/sh", "-c", "pwd; echo $MARK"});
  call.env["MARK"] = "there";
  EXPECT_EQ(run_program(call).out, here.folder().string() + "\nthere\n");
}

TEST(Doctor, ExitsWith2AndTheOneCommandWhenSomethingIsMissing) {
  const Playground here;
  here.write("mine.yaml", "triple: mine-unknown-linux-gnu\nextends: " + native_target() +
                              "\naliases: []\ncompilers:\n  c: {try: [no-such-gcc]}\n");
  const Ran ran = here.xtest({"doctor", "--target", "mine-unknown-linux-gnu", "--target-file", "mine.yaml", "--lang", "c"});
  EXPECT_EQ(ran.code, kUsage) << describe(ran);
  EXPECT_THAT(ran.out + ran.err, HasSubstr("no-such-gcc"));
  EXPECT_THAT(ran.out + ran.err, HasSubstr("apt-get install"));
  const Ran good = here.xtest({"doctor", "--target", native_target(), "--lang", "c"});
  EXPECT_EQ(good.code, 0) << describe(good);
}

}  // namespace
}  // namespace xtest
