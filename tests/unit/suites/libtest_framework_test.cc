// SPDX-License-Identifier: Apache-2.0
#include "suites/libtest_framework.h"

#include "tests/support/suite_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace xtest {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct LibtestSuites : testing::Test {
  TempFolder folder;
  SuiteWorld world;
  const LibtestFramework framework;

  void SetUp() override {
    world.target.arch = "aarch64";
    world.toolchains.at(Language::rust).version = "rustc 1.85.0 (4d91de4e4 2025-02-17)";
  }

  Suite suite(const std::string& keys) {
    folder.write("suite.yaml", "suite: mine\nframework: libtest\nlimit: 10s\n" + keys);
    return load_suite(folder.path());
  }

  static std::string listing(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += name + ": test\n";
    return text + fmt::format("\n{} tests, 0 benchmarks\n", names.size());
  }

  // Every question is answered with this.
  std::vector<ExpandedUnit> expand(const Suite& mine, const std::string& text) {
    for (const Question& question : framework.questions(mine, world.view())) {
      Answer& answer = world.answers[question.name];
      answer.completion.how = Exited{0};
      answer.completion.out.text = text;
    }
    return framework.expand(mine, world.view());
  }

  Job execution(const Unit& unit, const std::vector<std::size_t>& cases) const { return framework.execution(unit, cases, "n"); }
};

std::vector<std::size_t> all_of(const Unit& unit) {
  std::vector<std::size_t> all(unit.cases.size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST_F(LibtestSuites, AskForTheListOfEachProgramAfterItsBuild) {
  const Suite mine = suite("flags: [-O]\ncrates:\n  base: {root: b.rs}\n  unused: {root: u.rs}\ntests:\n"
                           "  t: {root: t.rs, edition: \"2018\", cfg: [x], extern: [base, alloc], build-env: {A: \"{arch}\"}}\n");
  const auto questions = framework.questions(mine, world.view());
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(questions[0].name, "mine::t::--list");
  ASSERT_EQ(questions[0].builds.size(), 2u);
  EXPECT_THAT(command_line(questions[0].builds[0]), AllOf(HasSubstr("--crate-type=rlib --crate-name=base"), HasSubstr("b.rs -O"), Not(HasSubstr("-Xlinker"))));
  const Job& build = questions[0].builds[1];
  EXPECT_THAT(command_line(build), AllOf(HasSubstr("--edition=2018 --test --crate-name=t"), HasSubstr("t.rs -O --cfg x -L "), HasSubstr("--extern base=/tmp/xtest work/mine/rustc/libbase.rlib --extern alloc")));
  EXPECT_THAT(build.command.env, testing::Contains("A=aarch64"));
  EXPECT_THAT(build.inputs, testing::Contains(std::filesystem::path("/tmp/xtest work/mine/rustc/libbase.rlib")));
  EXPECT_THAT(command_line(questions[0].job), AllOf(HasSubstr("t.test"), testing::EndsWith("--list")));
  EXPECT_EQ(questions[0].job.place, Place::target);
}

TEST_F(LibtestSuites, AllTestsRunWithoutBeingNamedAndSomeByTheirNames) {
  const auto units = expand(suite("tests: {t: {root: t.rs}}\narguments: [--include-ignored]\n"), listing({"a::b", "-c", "d e"}));
  EXPECT_THAT(case_ids(units), ElementsAre("t::a::b", "t::-c", "t::d e"));
  const Job whole = execution(units[0].unit, {0, 1, 2});
  EXPECT_THAT(command_line(whole), testing::EndsWith("-Z unstable-options --format=json --report-time --test-threads=1 --include-ignored"));
  EXPECT_THAT(whole.command.env, ElementsAre("RUST_BACKTRACE=0", "RUSTC_BOOTSTRAP=1"));
  EXPECT_EQ(whole.exclusive, "mine::t");
  const Job some = execution(units[0].unit, {1, 2});
  EXPECT_THAT(command_line(some), testing::EndsWith("--include-ignored --exact -- -c d e"));
  EXPECT_EQ(std::get<std::string>(some.command.argv.back()), "d e");
}

TEST_F(LibtestSuites, TestsThatWereNotSelectedAreNotRunWithTheOthers) {
  auto units = expand(suite("tests: {t: {root: t.rs}}\n"), listing({"a", "b"}));
  units[0].unit.cases.pop_back();          // as a filter of the user does
  EXPECT_THAT(command_line(execution(units[0].unit, {0})), testing::EndsWith("--exact -- a"));
}

TEST_F(LibtestSuites, TextNeedsNeitherOptionsNorARefusedEnvironment) {
  const auto units = expand(suite("format: text\nthreads: 3\nenv: {RUST_BACKTRACE: full}\ntests: {t: {root: t.rs}}\n"), listing({"a"}));
  const Job job = execution(units[0].unit, {0});
  EXPECT_THAT(command_line(job), AllOf(testing::EndsWith("t.test --test-threads=3")));
  EXPECT_THAT(job.command.env, ElementsAre("RUST_BACKTRACE=full"));
}

TEST_F(LibtestSuites, TheLimitIsASumThatHasABound) {
  const auto units = expand(suite("job-limit: 25s\ntests: {t: {root: t.rs}}\n"), listing({"a", "b", "c"}));
  using namespace std::chrono_literals;
  EXPECT_EQ(execution(units[0].unit, {0}).command.limits.wall, 10s);
  EXPECT_EQ(execution(units[0].unit, {0, 1}).command.limits.wall, 20s);
  EXPECT_EQ(execution(units[0].unit, {0, 1, 2}).command.limits.wall, 25s);
  const auto tight = expand(suite("job-limit: 1s\ntests: {t: {root: t.rs}}\n"), listing({"a", "b", "c"}));
  EXPECT_EQ(execution(tight[0].unit, {0}).command.limits.wall, 10s);
}

TEST_F(LibtestSuites, AHundredThousandNamesAreSplitSoThatEachPartFitsOnACommandLine) {
  std::vector<std::string> names;
  for (int at = 0; at < 100'000; ++at) names.push_back(fmt::format("some::module::of_a_crate::test_{}", at));
  for (const bool windows : {false, true}) {
    world.target.files.format = windows ? FileFormat::pe : FileFormat::elf;
    const auto units = expand(suite("tests: {t: {root: t.rs}}\n"), listing(names));
    EXPECT_GT(units.size(), 10u);
    EXPECT_EQ(case_ids(units).size(), names.size());
    for (const ExpandedUnit& expanded : units) {
      const std::string line = command_line(execution(expanded.unit, all_of(expanded.unit)));
      ASSERT_THAT(line, HasSubstr("--exact"));
      ASSERT_LT(line.size() + 8 * expanded.unit.cases.size(), windows ? 32'000u : 1u << 20);
    }
  }
}

TEST_F(LibtestSuites, ProcessesShareTheTestsAndMayRunSideBySide) {
  const auto units = expand(suite("processes: 2\ntests: {t: {root: t.rs}}\n"), listing({"a", "b", "c"}));
  ASSERT_EQ(units.size(), 2u);
  EXPECT_EQ(units[0].unit.name, "t 1/2");
  EXPECT_EQ(units[0].unit.cases.size(), 2u);
  EXPECT_EQ(execution(units[0].unit, {0, 1}).exclusive, "");
  EXPECT_THAT(command_line(execution(units[1].unit, {0})), testing::EndsWith("--exact -- c"));
}

TEST_F(LibtestSuites, WithoutAListThereIsOneCaseThatCannotPass) {
  const Suite mine = suite("tests: {t: {root: t.rs}}\n");
  for (const char* text : {"", "a: test\n", "\n0 tests, 0 benchmarks\n", "a: test\n\n1 test, 0 benchmarks\n"}) {
    const bool is_good = std::string(text).starts_with("a: test\n\n");
    const auto units = expand(mine, is_good ? "" : text);
    ASSERT_THAT(case_ids(units), ElementsAre("t::--list"));
    EXPECT_FALSE(units[0].unit.builds.empty());
    Completion again;
    again.how = Exited{0};
    again.out.text = text;
    Notebook notebook;
    framework.reader(units[0].unit, std::vector<std::size_t>{0}, "n")->end(again, notebook);
    EXPECT_EQ(notebook.seen.at(0).status, Status::fail) << text;
    EXPECT_EQ(notebook.seen.at(0).kind, "protocol") << text;
  }
}

TEST_F(LibtestSuites, WithoutAFittingCompilerTheyAreSkips) {
  const Suite mine = suite("rustc: \"1.8\"\ntests: {t: {root: t.rs}}\n");
  EXPECT_TRUE(framework.questions(mine, world.view()).empty());
  EXPECT_THAT(framework.expand(mine, world.view())[0].unit.cases[0].skip, HasSubstr("requires rustc 1.8 (there is rustc 1.85.0"));
  world.lose(Language::rust, "no rustc on PATH");
  EXPECT_THAT(framework.expand(suite("tests: {t: {root: t.rs}}\n"), world.view())[0].unit.cases[0].skip, HasSubstr("no rustc on PATH"));
}

TEST_F(LibtestSuites, AnAccountIsTakenApartTestByTest) {
  const auto units = expand(suite("tests: {t: {root: t.rs}}\n"), listing({"a", "b", "c"}));
  const auto reader = framework.reader(units[0].unit, std::vector<std::size_t>{0, 2}, "n");
  Notebook notebook;
  reader->feed(Channel::out, "{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": 2 }\n{ \"type\": \"test\", \"event\": \"started\", \"name\": \"a\" }\n"
                             "{ \"type\": \"test\", \"name\": \"a\", \"event\": \"ok\" }\n{ \"type\": \"test\", \"event\": \"started\", \"name\": \"c\" }\n", notebook);
  Completion died;
  died.how = Signalled{6, "ABRT"};
  EXPECT_FALSE(reader->end(died, notebook));
  EXPECT_EQ(notebook.seen.count(0), 1u);
  EXPECT_THAT(notebook.begun, ElementsAre(1u));
}

TEST_F(LibtestSuites, WhatIsWrongInTheFileIsToldWithItsPlace) {
  const auto message = [&](const std::string& keys) { return error_of([&] { framework.questions(suite(keys), world.view()); }); };
  EXPECT_THAT(message("tests: {t: {root: t.rs, rot: x}}\n"), HasSubstr("suite.yaml:4"));
  EXPECT_THAT(message("tests: {a-b: {root: t.rs}}\n"), HasSubstr("no name of a crate"));
  EXPECT_THAT(message("tests: {}\n"), HasSubstr("at least one test crate"));
  EXPECT_THAT(message("format: xml\ntests: {t: {root: t.rs}}\n"), HasSubstr("json or text"));
  EXPECT_THAT(message("arguments: [some_test]\ntests: {t: {root: t.rs}}\n"), HasSubstr("would select tests"));
  EXPECT_THAT(message("crates:\n  a: {root: a.rs, extern: [b]}\n  b: {root: b.rs}\ntests: {t: {root: t.rs}}\n"), HasSubstr("built after it"));
}

}  // namespace
}  // namespace xtest
