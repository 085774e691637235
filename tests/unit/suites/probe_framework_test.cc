// SPDX-License-Identifier: Apache-2.0
#include "suites/probe_framework.h"

#include "tests/support/suite_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;
using Ids = std::vector<std::string>;

class ProbeSuite : public testing::Test {
 protected:
  void SetUp() override {
    folder.write("suite.yaml", "suite: probes\nframework: probe\n");
    for (const char* name : {"x.c", "x.cc", "x.go", "x.rs", "probe.go"}) folder.write(name, "");
  }
  void probe(const std::string& id, const std::string& rest) {
    folder.write(id + "/probe.yaml", "probe: " + id + "\ntitle: t\n" + rest);
  }
  std::vector<ExpandedUnit> expand() { return framework.expand(load_suite(folder.path()), world.view()); }
  Observed judge(const Unit& unit, std::string_view out, Termination how) {
    const std::size_t all[] = {0};
    Notebook notebook;
    const auto reader = framework.reader(unit, all, "N");
    reader->feed(Channel::out, out, notebook);
    reader->feed(Channel::err, "@xtest N end ok 1 0\n", notebook);
    Completion completion;
    completion.how = std::move(how);
    EXPECT_TRUE(reader->end(completion, notebook));
    return notebook.seen.at(0);
  }
  TempFolder folder;
  SuiteWorld world;
  ProbeFramework framework;
};

constexpr const char* kFour =
    "rung: hello\nlanguages: {c: {sources: ../x.c}, cxx: {sources: ../x.cc}, go: {sources: [../x.go, ../probe.go]}, "
    "rust: {sources: ../x.rs}}\n";

TEST_F(ProbeSuite, MakesOneCaseForEachLanguageInTheFirstLinkKind) {
  probe("B1", kFour);
  const auto units = expand();
  EXPECT_EQ(case_ids(units), (Ids{"B1::c", "B1::cxx", "B1::go", "B1::rust"}));
  const ExpandedUnit& c = unit_with(units, "B1::c");
  EXPECT_EQ(c.toolchain, "gcc");
  EXPECT_EQ(c.options, "default");
  EXPECT_EQ(c.executor, "qemu-user");
  EXPECT_EQ(c.unit.framework, "probe");
  EXPECT_EQ(c.unit.builds.size(), 1u);
  EXPECT_EQ(unit_with(units, "B1::rust").toolchain, "rustc");
}

TEST_F(ProbeSuite, MultipliesByLinkKindsAndVariants) {
  probe("D1", std::string(kFour) + "variants: {O0: [-O0], O2: [-O2]}\nlinks: [dynamic, static]\n");
  const auto units = expand();
  EXPECT_EQ(case_ids(units),
            (Ids{"D1::c-O0", "D1::c-O2", "D1::c-O0-static", "D1::c-O2-static", "D1::cxx-O0", "D1::cxx-O2",
                 "D1::cxx-O0-static", "D1::cxx-O2-static", "D1::go", "D1::rust", "D1::rust-static"}));
  EXPECT_THAT(command_line(unit_with(units, "D1::c-O2-static").unit.builds.at(0)), HasSubstr("x.c -O2 -static"));
}

TEST_F(ProbeSuite, PutsEveryProgramIntoAFolderOfItsOwnBelowWork) {
  probe("D1", std::string(kFour) + "variants: {O0: [-O0], O2: [-O2]}\nlinks: [dynamic, static]\n");
  std::set<std::filesystem::path> programs;
  const auto units = expand();
  for (const ExpandedUnit& expanded : units) programs.insert(expanded.unit.builds.back().outputs.front());
  EXPECT_EQ(programs.size(), units.size());
  for (const auto& program : programs) EXPECT_TRUE(program.string().starts_with("/tmp/xtest work/probes/D1/"));
}

TEST_F(ProbeSuite, DescribesEqualBuildsEveryTime) {
  probe("B1", kFour);
  const auto once = expand(), again = expand();
  for (std::size_t at = 0; at < once.size(); ++at)
    EXPECT_EQ(command_line(once[at].unit.builds.back()), command_line(again[at].unit.builds.back()));
}

TEST_F(ProbeSuite, GroupsByLinkKindIfTheSuiteSaysSo) {
  folder.write("suite.yaml", "suite: hello\nframework: probe\ngroup: link\nneeds: [probes::A1, probes::A10]\n");
  probe("hello", std::string(kFour) + "links: [dynamic, static, static-pie]\n");
  const auto units = expand();
  EXPECT_EQ(case_ids(units), (Ids{"dynamic::c", "static::c-static", "dynamic::cxx", "static::cxx-static", "static::go",
                                  "dynamic::rust", "static::rust-static"}));
}

TEST_F(ProbeSuite, NeedsTheFileChecksOfTheSameArtifact) {
  folder.write("suite.yaml", "suite: hello\nframework: probe\ngroup: link\nneeds: [probes::A1, probes::A10]\n");
  probe("hello", std::string(kFour) + "links: [dynamic, static]\n");
  const auto units = expand();
  EXPECT_THAT(unit_with(units, "dynamic::c").unit.cases[0].needs, ElementsAre("probes::A1::c", "probes::A10::c"));
  EXPECT_THAT(unit_with(units, "static::go").unit.cases[0].needs, ElementsAre("probes::A1::go", "probes::A10::go"));
}

TEST_F(ProbeSuite, NeedsTheSameLanguageAndLinkKindElseC) {
  probe("B1", "rung: hello\nlinks: [dynamic, static]\nlanguages: {c: {sources: ../x.c}, rust: {sources: ../x.rs}}\n");
  probe("B2", "rung: startup\nneeds: [B1]\nlinks: [dynamic, static]\nlanguages: {c: {sources: ../x.c}, cxx: {sources: "
              "../x.cc, needs: [other::X::y]}, rust: {sources: ../x.rs}}\n");
  const auto units = expand();
  EXPECT_THAT(unit_with(units, "B1::c").unit.cases[0].needs, IsEmpty());
  EXPECT_THAT(unit_with(units, "B2::c").unit.cases[0].needs, ElementsAre("hello::dynamic::c", "probes::B1::c"));
  EXPECT_THAT(unit_with(units, "B2::rust-static").unit.cases[0].needs,
              ElementsAre("hello::static::rust-static", "probes::B1::rust-static"));
  EXPECT_THAT(unit_with(units, "B2::cxx-static").unit.cases[0].needs,
              ElementsAre("hello::static::cxx-static", "probes::B1::c-static", "other::X::y"));
}

TEST_F(ProbeSuite, NeedsAllVariantsUnlessItHasTheSameOne) {
  probe("B1", "rung: hello\nlanguages: {c: {sources: ../x.c}}\nvariants: {O0: [-O0], O2: [-O2]}\n");
  probe("B2", "rung: hello\nneeds: B1\nlanguages: {c: {sources: ../x.c}}\nvariants: {O2: [-O2], Os: [-Os]}\n");
  const auto units = expand();
  EXPECT_THAT(unit_with(units, "B2::c-O2").unit.cases[0].needs, ElementsAre("probes::B1::c-O2"));
  EXPECT_THAT(unit_with(units, "B2::c-Os").unit.cases[0].needs, ElementsAre("probes::B1::c-O0", "probes::B1::c-O2"));
}

TEST_F(ProbeSuite, RefusesANeedThatIsNoProbe) {
  probe("B1", "rung: hello\nneeds: [B11]\nlanguages: {c: {sources: ../x.c}}\n");
  EXPECT_THAT(error_of([&] { expand(); }),
              HasSubstr("B1/probe.yaml:4:8: needs an unknown probe 'B11' | did you mean 'B1'?"));
}

TEST_F(ProbeSuite, SkipsWhatTheTargetCannot) {
  probe("C2",
        "rung: stack\nrequires: threads\nlanguages: {c: {sources: ../x.c, requires: fork or windows}, cxx: {sources: "
        "../x.cc}}\n");
  const auto units = expand();
  const Unit& c = unit_with(units, "C2::c").unit;
  EXPECT_EQ(c.cases[0].skip, "requires fork or windows");
  EXPECT_THAT(c.builds, IsEmpty());
  EXPECT_EQ(unit_with(units, "C2::cxx").unit.cases[0].skip, "");
  world.features.erase("threads");
  EXPECT_EQ(unit_with(expand(), "C2::cxx").unit.cases[0].skip, "requires threads");
}

TEST_F(ProbeSuite, SkipsALanguageThatIsAbsentWithItsRemedy) {
  probe("B1", std::string(kFour) + "links: [dynamic, static]\n");
  world.lose(Language::go, "no go on PATH; apt-get install golang-go");
  world.toolchains.erase(Language::rust);
  const auto units = expand();
  EXPECT_EQ(case_ids(units), (Ids{"B1::c", "B1::c-static", "B1::cxx", "B1::cxx-static", "B1::go"}));
  EXPECT_EQ(unit_with(units, "B1::go").unit.cases[0].skip,
            "requires a Go toolchain (no go on PATH; apt-get install golang-go)");
  EXPECT_EQ(unit_with(units, "B1::go").toolchain, "go");
}

TEST_F(ProbeSuite, SkipsALinkKindThatTheTargetLacks) {
  probe("B1", "rung: hello\nlinks: [static-pie]\nlanguages: {c: {sources: ../x.c}}\n");
  const auto units = expand();
  EXPECT_EQ(unit_with(units, "B1::c-static-pie").unit.cases[0].skip, "requires link kind static-pie");
}

TEST_F(ProbeSuite, RunsTheProgramWithTheNonceAndItsLimit) {
  probe("B1", "rung: hello\nlimit: 3s\nlanguages: {c: {sources: ../x.c}}\n");
  const auto units = expand();
  const std::size_t all[] = {0};
  const Job job = framework.execution(units.at(0).unit, all, "abc");
  EXPECT_EQ(job.kind, JobKind::run);
  EXPECT_EQ(job.place, Place::target);
  EXPECT_EQ(command_line(job), units.at(0).unit.builds.back().outputs.front().string());
  EXPECT_THAT(job.command.env, ElementsAre("XTEST_NONCE=abc"));
  EXPECT_EQ(job.command.limits.wall, 3s);
  EXPECT_EQ(job.inputs, units.at(0).unit.builds.back().outputs);
}

TEST_F(ProbeSuite, SendsItsSharedLibrariesWithTheProgram) {
  probe("E1", "rung: hello\nlinks: [dynamic]\nlanguages: {c: {sources: ../x.c, libraries: [../x.cc]}}\n");
  const auto units = expand();
  const std::size_t all[] = {0};
  const Job job = framework.execution(units.at(0).unit, all, "abc");
  const std::filesystem::path folder = units.at(0).unit.builds.back().outputs.front().parent_path();
  EXPECT_THAT(job.inputs, ElementsAre(folder / "E1", folder / "x.so"));
  EXPECT_EQ(command_line(job), (folder / "E1").string());
}

TEST_F(ProbeSuite, ExplainsAFailureFromItsYaml) {
  probe("B2",
        "rung: startup\nlanguages: {c: {sources: ../x.c}}\ndiagnosis: {not-run: 'initialisers did not run: {detail}', "
        "crash: died early, no-trailer: left early, timeout: hung}\ncause: crt files\nseen: DragonFly\n");
  const auto units = expand();
  const Unit& unit = units.at(0).unit;
  const Observed failed = judge(unit, "@xtest N fail not-run 0 of 3\n@xtest N end bad 4 1\n", Exited{1});
  EXPECT_EQ(failed.status, Status::fail);
  EXPECT_EQ(failed.message, "not-run: 0 of 3");
  EXPECT_EQ(failed.hint, "initialisers did not run: 0 of 3; usual cause: crt files; seen: DragonFly");
  EXPECT_THAT(judge(unit, "", Signalled{11, "SEGV"}).hint, HasSubstr("died early"));
  EXPECT_THAT(judge(unit, "", TimedOut{}).hint, HasSubstr("hung"));
  EXPECT_THAT(judge(unit, "", Exited{0}).hint, HasSubstr("left early"));
  EXPECT_EQ(judge(unit, "", Lost{"gone", false}).hint, "");
  EXPECT_EQ(judge(unit, "@xtest N end ok 4 0\n", Exited{0}).hint, "");
}

TEST_F(ProbeSuite, RefusesUnknownKeysOfTheSuite) {
  folder.write("suite.yaml", "suite: probes\nframework: probe\ngrup: link\n");
  EXPECT_THAT(error_of([&] { expand(); }), HasSubstr("'group'"));
  folder.write("suite.yaml", "suite: probes\nframework: probe\ngroup: lang\n");
  EXPECT_THAT(error_of([&] { expand(); }), HasSubstr("suite.yaml:3:8: group is probe or link"));
}

}  // namespace
}  // namespace xtest
