// SPDX-License-Identifier: Apache-2.0
#include "suites/test2json_framework.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/suite_world.h"

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Answer answered(const std::string& out, int code = 0) {
  Answer answer;
  answer.completion.how = Exited{code};
  answer.completion.out.text = out;
  return answer;
}

class Test2JsonSuite : public testing::Test {
 protected:
  Test2JsonSuite() { world_.features.insert("host"); }

  Suite suite(const std::string& keys) {
    folder_.write("suite.yaml", "suite: s\nframework: test2json\nlimit: 30s\n" + keys);
    return load_suite(folder_.path());
  }

  // `go list` and -test.list as Go answers them.
  void answer_lists(const std::string& tests) {
    world_.answers.emplace("s default: go list", answered("m/a\t" + (folder_.path() / "a").string() + "\t1\t0\t\nm/none\t" + (folder_.path() / "none").string() + "\t0\t0\t\n"));
    world_.answers.emplace("s m/a: -test.list", answered(tests));
  }

  Test2JsonFramework framework_;
  SuiteWorld world_;
  TempFolder folder_;
};

TEST_F(Test2JsonSuite, AsksForThePackagesAndThenForTheirTests) {
  const Suite asked = suite("packages: [./...]\n");
  const auto first = framework_.questions(asked, world_.view());
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].job.place, Place::host);
  answer_lists("");
  const auto then = framework_.questions(asked, world_.view());
  ASSERT_EQ(then.size(), 2u) << "a package without tests is not asked";
  EXPECT_EQ(then[1].job.place, Place::target);
  EXPECT_THAT(command_line(then[1].job), HasSubstr("-test.list ."));
  EXPECT_EQ(then[1].builds.back().outputs.front(), then[1].job.inputs.front());
}

TEST_F(Test2JsonSuite, TestsAndExamplesAreTheKnownSet) {
  answer_lists("TestA\nBenchmarkB\nFuzzC\nExampleD\nnoise of TestMain\n");
  const auto units = framework_.expand(suite("packages: [./...]\n"), world_.view());
  EXPECT_THAT(case_ids(units), ElementsAre("m/a::TestA", "m/a::FuzzC", "m/a::ExampleD", "m/none::package"));
  EXPECT_EQ(unit_with(units, "m/none::package").unit.cases[0].skip, "no test files");
}

TEST_F(Test2JsonSuite, OnlyWhatMayBeSelectedIsBuilt) {
  answer_lists("TestA\n");
  View view = world_.view();
  view.may_want = [](const std::string&, const std::string&, const std::string& group) { return group != "m/a"; };
  const Suite asked = suite("packages: [./...]\n");
  EXPECT_EQ(framework_.questions(asked, view).size(), 1u);
  EXPECT_THAT(case_ids(framework_.expand(asked, view)), ElementsAre("m/none::package"));
}

TEST_F(Test2JsonSuite, SomeOfTheTestsAreNamedAllAreNot) {
  answer_lists("TestA\nTestB\n");
  const auto units = framework_.expand(suite("packages: [./...]\nshort: true\n"), world_.view());
  const Unit& unit = unit_with(units, "m/a::TestA").unit;
  const std::vector<std::size_t> all{0, 1}, one{1};
  EXPECT_THAT(command_line(framework_.execution(unit, all, "n")), Not(HasSubstr("-test.run")));
  const Job job = framework_.execution(unit, one, "n");
  EXPECT_THAT(command_line(job), HasSubstr("-test.short -test.run=^(TestB)$"));
  EXPECT_EQ(job.command.limits.told_as, "-test.timeout=");
  EXPECT_EQ(job.command.cwd.filename(), "a");
}

TEST_F(Test2JsonSuite, ThePanickingTestIsTheSuspectThoughItEnded) {
  answer_lists("TestA\nTestB\nTestC\n");
  const auto units = framework_.expand(suite("packages: [./...]\n"), world_.view());
  const std::vector<std::size_t> all{0, 1, 2};
  const auto reader = framework_.reader(unit_with(units, "m/a::TestA").unit, all, "n");
  Notebook notes;
  reader->feed(Channel::out, "\x16=== RUN   TestA\n\x16--- PASS: TestA (0.00s)\n\x16=== RUN   TestB\n\x16--- FAIL: TestB (0.00s)\n", notes);
  Completion completion;
  completion.how = Exited{2};
  EXPECT_FALSE(reader->end(completion, notes));
  EXPECT_THAT(notes.begun, ElementsAre(1u));
  EXPECT_TRUE(notes.seen.contains(0) && !notes.seen.contains(2));
}

TEST_F(Test2JsonSuite, APackageThatCannotBeListedIsOneTest) {
  world_.answers.emplace("s default: go list", answered("m/a\t" + (folder_.path() / "a").string() + "\t1\t0\t\n"));
  world_.answers.emplace("s m/a: -test.list", answered("", 2));
  const auto units = framework_.expand(suite("packages: [./...]\n"), world_.view());
  ASSERT_THAT(case_ids(units), ElementsAre("m/a::package"));
  const std::vector<std::size_t> one{0};
  EXPECT_THAT(command_line(framework_.execution(units[0].unit, one, "n")), HasSubstr("-test.list ."));
  Notebook notes;
  Completion completion;
  completion.how = Exited{0};
  framework_.reader(units[0].unit, one, "n")->end(completion, notes);
  EXPECT_EQ(notes.seen.at(0).status, Status::fail) << "that it can be listed now is no pass";
}

TEST_F(Test2JsonSuite, WithoutGoOrOurFilesEverythingIsASkip) {
  const Suite asked = suite("sets: {core: [a], std: [std]}\n");
  world_.features.erase("host");
  EXPECT_TRUE(framework_.questions(asked, world_.view()).empty());
  EXPECT_THAT(unit_with(framework_.expand(asked, world_.view()), "core::packages").unit.cases[0].skip, HasSubstr("cannot be sent"));
  world_.lose(Language::go, "no go on PATH");
  EXPECT_THAT(unit_with(framework_.expand(asked, world_.view()), "std::packages").unit.cases[0].skip, HasSubstr("no go on PATH"));
}

TEST_F(Test2JsonSuite, BadKeysNameThePlace) {
  EXPECT_THAT(error_of([&] { framework_.questions(suite("short: true\n"), world_.view()); }), HasSubstr("either `packages` or `sets`"));
  EXPECT_THAT(error_of([&] { framework_.questions(suite("packages: [-x]\n"), world_.view()); }), HasSubstr("suite.yaml:4"));
  EXPECT_THAT(error_of([&] { framework_.questions(suite("packages: [x]\nmake: {../z: y.go}\n"), world_.view()); }), HasSubstr("suite.yaml:5"));
  world_.answers.emplace("s default: go list", answered("m/a\t" + (folder_.path() / "a").string() + "\t0\t0\t\"cannot find package\"\n"));
  EXPECT_THAT(error_of([&] { framework_.expand(suite("packages: [m/a]\n"), world_.view()); }), HasSubstr("m/a: \"cannot find package\""));
}

}  // namespace
}  // namespace xtest
