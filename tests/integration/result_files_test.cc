// SPDX-License-Identifier: Apache-2.0
// `result-files` of a suite: what tests leave is kept in the record and named, wherever they ran; it is never a verdict.
#include <gmock/gmock.h>

#include "tests/support/guests.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string writes(const std::string& path, const std::string& text, int code) {
  return "#include <stdio.h>\n#include <sys/stat.h>\nint main(void) {\n  mkdir(\"logs\", 0777);\n  FILE *file = fopen(\"" + path +
         "\", \"w\");\n  fputs(\"" + text + "\", file);\n  return fclose(file) + " + std::to_string(code) + ";\n}\n";
}

void write_suite(const Playground& here) {
  here.suite("leaves",
             {{"bad.c", writes("report.xml", "<bad/>", 1)},
              {"good.c", writes("logs/all.txt", std::string(9000, 'x'), 0)},
              {"link.c", "#include <unistd.h>\nint main(void) { return symlink(\"/etc/passwd\", \"report.xml\"); }\n"}},
             "limit: 60s\nresult-files: [report.xml, logs/*.txt]\n");
}

// The content of the file that `xtest show` names.
std::string kept(const Playground& here, const std::string& test, const std::string& name) {
  const std::string shown = here.xtest({"show", "latest::leaves::run::" + test}).out, before = "   file " + name + " (";
  const auto at = shown.find(before);
  if (at == std::string::npos) return "no file: " + shown;
  const auto path = shown.find("): ", at) + 3;
  return read_text(here.folder() / shown.substr(path, shown.find('\n', path) - path));
}

void expect_files(const Playground& here, const Ran& ran) {
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.at("run::bad.c").status, "fail");
  EXPECT_EQ(verdicts.at("run::good.c").status, "pass") << "that one of its files is missing is no verdict";
  EXPECT_EQ(verdicts.at("run::link.c").status, "pass");
  EXPECT_EQ(kept(here, "bad.c", "report.xml"), "<bad/>");
  EXPECT_EQ(kept(here, "good.c", "logs/all.txt"), std::string(9000, 'x'));
  EXPECT_THAT(here.xtest({"show", "latest::leaves::run::good.c"}).out, HasSubstr("no file report.xml: the program left no such file"));
  EXPECT_THAT(here.xtest({"show", "latest::leaves::run::link.c"}).out,
              AllOf(HasSubstr("no file report.xml: it is a symbolic link"), HasSubstr("no file logs/*.txt: "), Not(HasSubstr("root:"))));
  EXPECT_THAT(here.xtest({"show"}).out, AllOf(HasSubstr("2 result files kept"), HasSubstr("4 result files did not come: ")));
}

TEST(ResultFilesOfASuite, AreKeptAndNamed) {
  const Playground here;
  write_suite(here);
  const Ran ran = here.run("leaves");
  expect_files(here, ran);
  EXPECT_THAT(ran.err + ran.out, HasSubstr("4 result files did not come: "));
  EXPECT_EQ(here.xtest({"rejudge"}).code, 100);
  EXPECT_EQ(here.records().size(), 2u);
  EXPECT_EQ(kept(here, "bad.c", "report.xml"), "<bad/>") << "the new record has them, too";
}

TEST(ResultFilesOfASuite, AreWantedOfEachRun) {
  const Playground here;
  here.suite("leaves", {{"good.c", writes("report.xml", "<good/>", 0)}}, "limit: 60s\nresult-files: [report.xml]\n");
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_EQ(here.run("leaves", {"--reuse-results"}).code, 0);
    EXPECT_EQ(kept(here, "good.c", "report.xml"), "<good/>") << turn;
  }
}

TEST(ResultFilesOfASuite, ComeOutOfAGuest) {
  const GuestPlayground guests;
  if (!guests.why_not().empty()) GTEST_SKIP() << guests.why_not();
  write_suite(guests.here);
  expect_files(guests.here, guests.here.xtest(guests.words("leaves")));
}

TEST(ResultFilesOfASuite, ThatLeadOutOfTheFolderAreRefused) {
  const Playground here;
  here.suite("leaves", {{"good.c", "int main(void) { return 0; }\n"}}, "result-files: [/etc/passwd]\n");
  const Ran ran = here.run("leaves");
  EXPECT_EQ(ran.code, 2) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("'/etc/passwd' names no file of a test's own folder"));
}

}  // namespace
}  // namespace xtest
