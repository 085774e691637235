// SPDX-License-Identifier: Apache-2.0
#include "suites/probe_file.h"

#include "tests/support/suite_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kC1 = R"(# a probe
probe: C1
title: stack overflow on the main thread
rung: stack
requires: signals and sigaltstack
needs: [B1]
limit: 20s
languages:
  c: {sources: [C1.c], flags: [-pthread]}
  cxx: {sources: [C1.cc, ../shared.cc], requires: cxx, needs: [B2]}
variants: {O0: [-O0], O2: [-O2, -g]}
links: [dynamic, static]
diagnosis:
  guard-missed: "the guard page was missed: {detail}"
cause: no stack probes
seen: illumos
reference: [rust-lang/rust#128568]
)";

class ProbeFile : public testing::Test {
 protected:
  void SetUp() override {
    suite("");
    for (const char* name : {"C1/C1.c", "C1/C1.cc", "shared.cc"}) folder.write(name, "int main(void) { return 0; }\n");
  }
  void suite(const std::string& more) { folder.write("suite.yaml", "suite: s\nframework: probe\nlimit: 7s\n" + more); }
  std::vector<Probe> probes() { return read_probes(load_suite(folder.path())); }
  std::string error_for(const std::string& text) {
    folder.write("C1/probe.yaml", text);
    return error_of([&] { probes(); });
  }
  // kC1 with one line replaced.
  std::string error_with(const std::string& line, const std::string& by) {
    std::string text = kC1;
    const auto at = text.find(line);
    EXPECT_NE(at, std::string::npos) << line;
    return error_for(text.replace(at, line.size(), by));
  }
  TempFolder folder;
};

TEST_F(ProbeFile, IsReadWhole) {
  folder.write("C1/probe.yaml", kC1);
  const auto all = probes();
  ASSERT_EQ(all.size(), 1u);
  const Probe& probe = all[0];
  EXPECT_EQ(probe.id, "C1");
  EXPECT_EQ(probe.rung, "stack");
  EXPECT_EQ(probe.limit, 20s);
  EXPECT_EQ(probe.condition->to_string(), "signals and sigaltstack");
  EXPECT_EQ(probe.needs.at(0).text, "B1");
  EXPECT_EQ(probe.languages.at(Language::c).flags, Flags{"-pthread"});
  EXPECT_EQ(probe.languages.at(Language::cxx).sources.at(1), folder.path() / "shared.cc");
  EXPECT_EQ(probe.languages.at(Language::cxx).needs.at(0).text, "B2");
  EXPECT_EQ(probe.variants.at(1).second, (Flags{"-O2", "-g"}));
  EXPECT_EQ(probe.links.size(), 2u);
  EXPECT_EQ(probe.diagnosis.cause, "no stack probes");
  EXPECT_EQ(probe.diagnosis.reference, "rust-lang/rust#128568");
}

TEST_F(ProbeFile, TakesFlagsNeedsAndLimitFromItsSuite) {
  suite("flags: {c: [-O1]}\nneeds: [probes::A1]\n");
  folder.write("C1/probe.yaml", "probe: C1\ntitle: t\nrung: hello\nlanguages: {c: {sources: C1.c, flags: -lm}}\n");
  const Probe probe = probes().at(0);
  EXPECT_EQ(probe.languages.at(Language::c).flags, (Flags{"-O1", "-lm"}));
  EXPECT_EQ(probe.needs.at(0).text, "probes::A1");
  EXPECT_EQ(probe.limit, 7s);
}

TEST_F(ProbeFile, AreSortedByLadderAndNumber) {
  for (const char* id : {"A10", "A2", "B1"})
    folder.write(std::string(id) + "/probe.yaml",
                 std::string("title: t\ncheck: true\nrung: file\nprobe: ") + id + "\n");
  folder.write("0/probe.yaml", "probe: Z1\ntitle: t\nrung: calls\nlanguages: {c: {sources: ../C1/C1.c}}\n");
  folder.write("C1/probe.yaml", kC1);
  std::vector<std::string> ids;
  for (const Probe& probe : probes()) ids.push_back(probe.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"A2", "A10", "B1", "C1", "Z1"}));
}

TEST_F(ProbeFile, NamesTheNearestWordForATypo) {
  EXPECT_THAT(error_with("rung: stack", "rung: stak"),
              HasSubstr("C1/probe.yaml:4:7: unknown rung 'stak' | did you mean 'stack'?"));
  EXPECT_THAT(error_with("  cxx: {", "  cpp: {"), HasSubstr("unknown language 'cpp'"));
  EXPECT_THAT(error_with("limit: 20s", "limits: 20s"), HasSubstr("'limit'"));
  EXPECT_THAT(error_with("signals and", "signal and"), HasSubstr("signals"));
  EXPECT_THAT(error_with("requires: cxx,", "requires: cxy,"), HasSubstr("probe.yaml:10:"));
  EXPECT_THAT(error_with("[dynamic, static]", "[dynamic, statik]"),
              HasSubstr("unknown link kind 'statik' | did you mean 'static'?"));
  EXPECT_THAT(error_with("flags: [-pthread]", "flag: [-pthread]"), HasSubstr("'flags'"));
}

TEST_F(ProbeFile, RefusesProgramsThatCannotBe) {
  EXPECT_THAT(error_with("[C1.c]", "[gone.c]"),
              HasSubstr("there is no file " + (folder.path() / "C1/gone.c").string()));
  EXPECT_THAT(error_with("[C1.c]", "[C1.c, ../C1/C1.c]"), HasSubstr("two sources are called C1.c"));
  EXPECT_THAT(error_with("[C1.c]", "[]"), HasSubstr("at least one source"));
  EXPECT_THAT(error_with("limit: 20s", "limit: 0s"), HasSubstr("hang for ever"));
  EXPECT_THAT(error_with("probe: C1", "probe: C::1"), HasSubstr("no id for a probe"));
  EXPECT_THAT(error_for("probe: C1\ntitle: t\nrung: hello\n"), HasSubstr("languages"));
  EXPECT_THAT(error_for("probe: C1\ntitle: t\nrung: hello\nlanguages: {}\n"), HasSubstr("at least one language"));
  EXPECT_THAT(error_with("limit: 20s", "check: true"), HasSubstr("a static check has no programs"));
}

TEST_F(ProbeFile, RefusesSharedLibrariesThatCannotBe) {
  const std::string with_library = "[C1.c], libraries: [../shared.cc]";
  EXPECT_THAT(error_with("[C1.c]", with_library),
              HasSubstr("a static program has no shared libraries | add `links: [dyn"));
  EXPECT_THAT(error_with("[C1.c]", "[C1.c], libraries: [gone.c]"), HasSubstr("there is no file"));
  const std::string in_rust = "probe: C1\ntitle: t\nrung: hello\nlinks: [dynamic]\nlanguages: {rust: {sources: ";
  EXPECT_THAT(error_for(in_rust + with_library + "}}\n"), HasSubstr("only C and C++ programs can have libraries"));
}

TEST_F(ProbeFile, RefusesHostileYaml) {
  EXPECT_NE(error_for("probe: [C1\n"), "");
  EXPECT_NE(error_for("probe: C1\nprobe: C2\n"), "");
  EXPECT_NE(error_for("- probe\n"), "");
  EXPECT_NE(error_for(""), "");
  EXPECT_NE(error_for("a: &a [*a]\n"), "");
  EXPECT_NE(error_with("languages:", "languages: c\nx:"), "");
  EXPECT_NE(error_with("{O0: [-O0]", "{O0: {x: y}"), "");
}

TEST_F(ProbeFile, RefusesTwoOfOneId) {
  folder.write("C1/probe.yaml", kC1);
  folder.write("D1/probe.yaml", "probe: C1\ntitle: t\nrung: stack\nlanguages: {c: {sources: ../C1/C1.c}}\n");
  EXPECT_THAT(error_of([&] { probes(); }), HasSubstr("D1/probe.yaml: the probe 'C1' is also in"));
}

}  // namespace
}  // namespace xtest
