// SPDX-License-Identifier: Apache-2.0
#include "suites/check_framework.h"

#include "suites/inspect/checks.h"
#include "suites/probe_framework.h"
#include "tests/support/suite_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace xtest {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Ids = std::vector<std::string>;

class CheckSuite : public testing::Test {
 protected:
  void SetUp() override {
    folder.write("hello/suite.yaml", "suite: hello\nframework: probe\ngroup: link\n");
    folder.write("hello/hello/hello.c", "");
    folder.write("hello/hello/hello.go", "");
    folder.write("hello/hello/probe.yaml",
                 "probe: hello\ntitle: t\nrung: hello\nlinks: [dynamic, static]\n"
                 "languages: {c: {sources: hello.c}, go: {sources: hello.go}}\n");
    folder.write("probes/suite.yaml", "suite: probes\nframework: probe\nchecks-of: ../hello\n");
    check("A1", "requires: elf or windows\n");
    check("A2", "diagnosis: {interp: 'the loader is wrong: {detail}'}\ncause: a spec file of another system\n");
  }
  void check(const std::string& id, const std::string& rest) {
    folder.write("probes/" + id + "/probe.yaml", "probe: " + id + "\ntitle: t\nrung: file\ncheck: true\n" + rest);
  }
  std::vector<ExpandedUnit> expand(const char* suite) {
    return ProbeFramework{}.expand(load_suite(folder.path() / suite), world.view());
  }
  Notebook judge(const Unit& unit, const std::vector<std::size_t>& cases, const std::string& report, Termination how) {
    Notebook notebook;
    const auto reader = framework.reader(unit, cases, "N");
    reader->feed(Channel::out, std::string_view(report).substr(0, 5), notebook);
    reader->feed(Channel::err, "noise", notebook);
    reader->feed(Channel::out, std::string_view(report).substr(std::min<std::size_t>(5, report.size())), notebook);
    Completion completion;
    completion.how = std::move(how);
    EXPECT_TRUE(reader->end(completion, notebook));
    return notebook;
  }
  static std::string report(const std::vector<CheckResult>& checks) {
    return nlohmann::json{{"file", "x"}, {"facts", nlohmann::json::object()}, {"checks", checks_to_json(checks)}}
        .dump();
  }
  TempFolder folder;
  SuiteWorld world;
  CheckFramework framework;
};

TEST_F(CheckSuite, HasOneUnitForEachHelloFileAndOneCaseForEachCheck) {
  const auto units = expand("probes");
  EXPECT_EQ(units.size(), 3u);
  EXPECT_EQ(case_ids(units), (Ids{"A1::c", "A2::c", "A1::c-static", "A2::c-static", "A1::go", "A2::go"}));
  for (const ExpandedUnit& expanded : units) {
    EXPECT_EQ(expanded.unit.framework, "check");
    EXPECT_EQ(expanded.executor, "none");
    EXPECT_EQ(expanded.unit.cases[0].rung, "file");
  }
}

TEST_F(CheckSuite, BuildsTheFileByTheVeryJobsThatBuildHello) {
  const auto hello = expand("hello"), checks = expand("probes");
  for (const auto& [greeting, check] : {std::pair{"dynamic::c", "A1::c"}, std::pair{"static::c-static", "A1::c-static"},
                                        std::pair{"static::go", "A1::go"}}) {
    const auto& left = unit_with(hello, greeting).unit.builds;
    const auto& right = unit_with(checks, check).unit.builds;
    ASSERT_EQ(left.size(), right.size());
    for (std::size_t at = 0; at < left.size(); ++at) {
      EXPECT_EQ(command_line(left[at]), command_line(right[at]));
      EXPECT_EQ(left[at].command.env, right[at].command.env);
      EXPECT_EQ(left[at].outputs, right[at].outputs);
    }
  }
}

TEST_F(CheckSuite, AsksTheInspectorWithTheExpectationAsText) {
  world.target.files.machine = "aarch64";
  const auto units = expand("probes");
  const Unit& unit = unit_with(units, "A1::c-static").unit;
  const std::size_t all[] = {0, 1};
  const Job job = framework.execution(unit, all, "N");
  EXPECT_EQ(job.kind, JobKind::check);
  EXPECT_EQ(job.place, Place::host);
  const std::string line = command_line(job);
  EXPECT_THAT(line, HasSubstr("/opt/xtest/bin/xtest inspect " + unit.builds.back().outputs.front().string() +
                              " --expect-json {"));
  EXPECT_THAT(line, HasSubstr("\"link\":\"static\""));
  EXPECT_THAT(line, HasSubstr("\"machine\":\"aarch64\""));
  EXPECT_TRUE(line.ends_with(" --json"));
}

TEST_F(CheckSuite, JudgesEachCheckByItself) {
  const auto units = expand("probes");
  CheckResult good{"A1", CheckResult::Verdict::good, {}, ""};
  CheckResult bad{"A2", CheckResult::Verdict::bad, {{"interp", "is /lib/ld-2.so"}, {"other", "x"}}, ""};
  const Notebook notebook = judge(units.at(0).unit, {0, 1}, report({good, bad}), Exited{100});
  EXPECT_EQ(notebook.seen.at(0).status, Status::pass);
  const Observed& failed = notebook.seen.at(1);
  EXPECT_EQ(failed.status, Status::fail);
  EXPECT_EQ(failed.message, "interp: is /lib/ld-2.so (and 1 more)");
  EXPECT_EQ(failed.hint, "the loader is wrong: is /lib/ld-2.so; usual cause: a spec file of another system");
  EXPECT_EQ(failed.output, "interp: is /lib/ld-2.so\nother: x\n");
}

TEST_F(CheckSuite, AnswersForTheCasesItWasAsked) {
  const auto units = expand("probes");
  CheckResult none{"A2", CheckResult::Verdict::not_applicable, {}, "no loader in a static file"};
  const Notebook notebook = judge(units.at(0).unit, {1}, report({none}), Exited{0});
  ASSERT_EQ(notebook.seen.size(), 1u);
  EXPECT_EQ(notebook.seen.at(0).status, Status::skip);
  EXPECT_EQ(notebook.seen.at(0).message, "no loader in a static file");
}

TEST_F(CheckSuite, BlamesAnInspectorThatCrashesOrTalksNonsense) {
  const auto units = expand("probes");
  const std::string fine =
      report({{"A1", CheckResult::Verdict::good, {}, ""}, {"A2", CheckResult::Verdict::good, {}, ""}});
  const auto statuses = [&](const std::string& text, Termination how) {
    const Notebook notebook = judge(units.at(0).unit, {0, 1}, text, std::move(how));
    return std::pair{notebook.seen.at(0).status, notebook.seen.at(1).status};
  };
  const std::pair infra{Status::infra, Status::infra};
  EXPECT_EQ(statuses(fine, Signalled{11, "SEGV"}), infra);
  EXPECT_EQ(statuses(fine, Exited{2}), infra);
  for (const char* text : {"", "{", "[]", "{}", "{\"checks\": 3}", "{\"checks\": [{\"id\": 3}]}", "null", "\xff\xfe"})
    EXPECT_EQ(statuses(text, Exited{0}), infra) << text;
  EXPECT_EQ(statuses(report({{"A1", CheckResult::Verdict::good, {}, ""}}), Exited{0}),
            (std::pair{Status::pass, Status::infra}));
}

TEST_F(CheckSuite, SkipsWhatCannotBeBuiltOrAsked) {
  world.lose(Language::go, "no go");
  world.features.erase("elf");
  const auto units = expand("probes");
  EXPECT_EQ(unit_with(units, "A1::c").unit.cases[0].skip, "requires elf or windows");
  EXPECT_FALSE(unit_with(units, "A1::c").unit.builds.empty());
  const Unit& go = unit_with(units, "A2::go").unit;
  EXPECT_EQ(go.cases[1].skip, "requires a Go toolchain (no go)");
  EXPECT_THAT(go.builds, IsEmpty());
}

TEST_F(CheckSuite, WantsToKnowWhoseFiles) {
  folder.write("probes/suite.yaml", "suite: probes\nframework: probe\n");
  EXPECT_THAT(error_of([&] { expand("probes"); }), HasSubstr("add `checks-of: ../hello`"));
  folder.write("probes/suite.yaml", "suite: probes\nframework: probe\nchecks-of: ../gone\n");
  EXPECT_THAT(error_of([&] { expand("probes"); }), HasSubstr("gone/suite.yaml"));
}

}  // namespace
}  // namespace xtest
