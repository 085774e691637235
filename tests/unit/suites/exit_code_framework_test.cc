// SPDX-License-Identifier: Apache-2.0
#include "suites/exit_code_framework.h"

#include "tests/support/suite_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

namespace xtest {
namespace {

using std::chrono_literals::operator""s;
using testing::HasSubstr;
using Ids = std::vector<std::string>;

class ExitCodeSuite : public testing::Test {
 protected:
  void suite(const std::string& rest) { folder.write("suite.yaml", "suite: mine\nframework: exit-code\n" + rest); }
  std::vector<ExpandedUnit> expand() { return framework.expand(load_suite(folder.path()), world.view()); }
  TempFolder folder;
  SuiteWorld world;
  ExitCodeFramework framework;
};

TEST_F(ExitCodeSuite, MakesOneTestOfEachFile) {
  suite("sources: ['*.c', '*.cc']\nexclude: [skip*]\nflags: [-lm]\nlimit: 4s\n");
  for (const char* name : {"b.c", "a.c", "a.cc", "skip.c", "notes.txt", ".hidden.c", "sub/x.c"}) folder.write(name, "");
  const auto units = expand();
  EXPECT_EQ(case_ids(units), (Ids{"run::a.c", "run::b.c", "run::a.cc"}));
  const Unit& unit = units.at(0).unit;
  EXPECT_EQ(units.at(0).options, "default");
  EXPECT_THAT(command_line(unit.builds.at(0)), HasSubstr("-o /tmp/xtest work/mine/default-gcc-dynamic/a.c.bin " +
                                                         (folder.path() / "a.c").string() + " -lm"));
  const std::size_t all[] = {0};
  const Job job = framework.execution(unit, all, "N");
  EXPECT_EQ(command_line(job), "/tmp/xtest work/mine/default-gcc-dynamic/a.c.bin");
  EXPECT_EQ(job.command.limits.wall, 4s);
}

TEST_F(ExitCodeSuite, GoesIntoFoldersOnlyWhenAsked) {
  suite("sources: ['*.c', 'sub/*.c']\n");
  for (const char* name : {"a.c", "sub/x.c", "sub/deep/y.c", "other/z.c", ".git/q.c"}) folder.write(name, "");
  EXPECT_EQ(case_ids(expand()), (Ids{"run::a.c", "sub/deep::y.c", "sub::x.c"}));
}

TEST_F(ExitCodeSuite, RepeatsEachFileForEveryOptionSetAndLinkKind) {
  suite("sources: '*.c'\nflags: [-w]\noption-sets: {O0: [-O0], O2: [-O2]}\nlinks: [dynamic, static]\n");
  folder.write("a.c", "");
  const auto units = expand();
  EXPECT_EQ(case_ids(units), (Ids{"run::a.c", "run::a.c-static", "run::a.c", "run::a.c-static"}));
  EXPECT_EQ(units.at(0).options, "O0");
  EXPECT_EQ(units.at(2).options, "O2");
  EXPECT_THAT(command_line(units.at(3).unit.builds.at(0)), HasSubstr("a.c -w -O2 -static"));
  std::set<std::filesystem::path> programs;
  for (const ExpandedUnit& expanded : units) programs.insert(expanded.unit.builds.back().outputs.front());
  EXPECT_EQ(programs.size(), 4u);
}

TEST_F(ExitCodeSuite, SkipsWhatCannotBeDoneHere) {
  suite("sources: ['*.c', '*.cc']\nrequires: fork\n");
  folder.write("a.c", "");
  folder.write("a.cc", "");
  world.lose(Language::cxx, "no g++");
  const auto units = expand();
  EXPECT_EQ(unit_with(units, "run::a.c").unit.cases[0].skip, "requires fork");
  EXPECT_EQ(unit_with(units, "run::a.cc").unit.cases[0].skip, "requires a C++ compiler (no g++)");
}

TEST_F(ExitCodeSuite, ShowsEachLinkKindThatTheTargetLacksAsASkip) {
  suite("sources: ['*.c']\nlinks: [dynamic, static-pie]\n");
  folder.write("a.c", "");
  const auto units = expand();
  EXPECT_EQ(case_ids(units), (Ids{"run::a.c", "run::a.c-static-pie"}));
  EXPECT_EQ(units.at(0).unit.cases[0].skip, "");
  EXPECT_EQ(units.at(1).unit.cases[0].skip, "requires link kind static-pie");
  EXPECT_TRUE(units.at(1).unit.builds.empty());
}

TEST_F(ExitCodeSuite, IsNeverEmpty) {
  suite("sources: ['*.cpp']\n");
  folder.write("a.c", "");
  EXPECT_THAT(error_of([&] { expand(); }),
              HasSubstr("suite.yaml:3:10: no file in " + folder.path().string() + " matches *.cpp"));
}

TEST_F(ExitCodeSuite, RefusesWhatItCannotUnderstand) {
  folder.write("a.c", "");
  folder.write("notes.txt", "");
  const auto error_for = [&](const std::string& rest) {
    suite(rest);
    return error_of([&] { expand(); });
  };
  EXPECT_THAT(error_for("sources: ['*']\n"), HasSubstr("is neither C nor C++"));
  EXPECT_THAT(error_for("source: ['*.c']\n"), HasSubstr("'sources'"));
  EXPECT_THAT(error_for("sources: ['*.c']\nlinks: [statik]\n"), HasSubstr("unknown link kind 'statik'"));
  EXPECT_THAT(error_for("sources: ['*.c']\nlinks: [static, static]\n"), HasSubstr("'static' stands here twice"));
  EXPECT_THAT(error_for("sources: ['*.c']\noption-sets: {'a/b': [-O1]}\n"),
              HasSubstr("'a/b' is no name for an option set"));
  EXPECT_THAT(error_for("sources: ['*.c']\nrequires: thread\n"), HasSubstr("threads"));
}

TEST_F(ExitCodeSuite, JudgesByTheExitCode) {
  suite("sources: '*.c'\n");
  folder.write("a.c", "");
  const auto units = expand();
  const std::size_t all[] = {0};
  for (const auto& [code, status] : {std::pair{0, Status::pass}, std::pair{1, Status::fail}}) {
    Notebook notebook;
    Completion completion;
    completion.how = Exited{code};
    EXPECT_TRUE(framework.reader(units.at(0).unit, all, "N")->end(completion, notebook));
    EXPECT_EQ(notebook.seen.at(0).status, status);
  }
}

TEST_F(ExitCodeSuite, ExpandsEachOfManyFilesOnce) {
  for (int at = 0; at < 2'000; ++at) folder.write("t" + std::to_string(at) + ".c", "");
  suite("sources: '*.c'\n");
  std::set<std::string> names;
  const auto units = framework.expand(load_suite(folder.path()), world.view());
  for (const auto& one : units) names.insert(one.unit.name);
  EXPECT_EQ(units.size(), 2'000u);
  EXPECT_EQ(names.size(), 2'000u);
}

}  // namespace
}  // namespace xtest
