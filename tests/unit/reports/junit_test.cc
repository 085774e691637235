// SPDX-License-Identifier: Apache-2.0
#include "reports/junit.h"

#include "reports/output_file.h"
#include "tests/support/report_files.h"
#include "tests/support/sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace xtest {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string stem = "TEST-aarch64-unknown-linux-gnu+probes+gcc+default+qemu-user";

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

Observed failure(std::string message) { return seen(Status::fail, "wrong-output", std::move(message)); }

class JunitTest : public testing::Test {
 protected:
  std::string write(const SampleRun& run, JunitOptions options = {}) {
    options.folder = folder_.path();
    Junit junit(options);
    run.feed(junit);
    EXPECT_EQ(junit.close(), std::nullopt);
    files_ = junit.files();
    return slurp(folder_ / (stem + ".xml"));
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) found.insert(entry.path().filename());
    return found;
  }
  ReportFolder folder_;
  std::vector<std::filesystem::path> files_;
};

TEST_F(JunitTest, IsValidAgainstTheSchemaWithEveryStatusAndHostileOutput) {
  write(every_status());
  ASSERT_EQ(files_.size(), 3u);
  for (const auto& file : files_) EXPECT_EQ(schema_complaints(file), "") << file;
}

TEST_F(JunitTest, IsWellFormedInEveryDialect) {
  for (const JunitDialect dialect :
       {JunitDialect::portable, JunitDialect::rich, JunitDialect::ant, JunitDialect::surefire}) {
    write(every_status(), {.dialect = dialect});
    for (const auto& file : files_) EXPECT_EQ(xml_complaints(file), "") << to_string(dialect) << " " << file;
  }
}

TEST_F(JunitTest, TheSchemaRefusesTheRichDialectSoItIsNoRubberStamp) {
  write(every_status(), {.dialect = JunitDialect::rich});
  EXPECT_NE(schema_complaints(files_.front()), "");
}

TEST_F(JunitTest, CountsAgreeWithTheElements) {
  const std::string xml = write(every_status());
  EXPECT_THAT(xml, HasSubstr("tests=\"13\" failures=\"4\" errors=\"2\" skipped=\"4\""));
  EXPECT_EQ(count(xml, "<testcase "), 13u);
  EXPECT_EQ(count(xml, "<failure "), 4u);
  EXPECT_EQ(count(xml, "<error "), 2u);
  EXPECT_EQ(count(xml, "<skipped "), 4u);
  EXPECT_EQ(count(xml, "<flakyFailure "), 1u);
}

TEST_F(JunitTest, ForgedElementsStayText) {
  const std::string xml = write(every_status());
  EXPECT_THAT(xml, Not(HasSubstr("<testcase name=\"forged\"")));
  EXPECT_THAT(xml, Not(HasSubstr("]]>")));
  EXPECT_THAT(xml, Not(HasSubstr("\x1b")));
  EXPECT_THAT(xml, HasSubstr("&amp;#27;"));
}

TEST_F(JunitTest, NamesTheWholeStreamInEveryClass) {
  EXPECT_THAT(
      write(every_status()),
      HasSubstr("<testcase name=\"c\" classname=\"aarch64-unknown-linux-gnu@gcc,default,qemu-user.probes.C1\""));
}

TEST_F(JunitTest, GroupsThatReadTheSameGetDifferentClasses) {
  SampleRun run;
  const CaseIx first = run.list(0, "all", {{"a.b", "x"}, {"a_b", "x"}});
  run.pass(first + 1);
  run.pass(first);
  run.end("finished", 0);
  const std::string xml = write(run);
  EXPECT_THAT(xml, HasSubstr(".probes.a_b\""));
  EXPECT_THAT(xml, HasSubstr(".probes.a_b~2\""));
}

TEST_F(JunitTest, MessagesAreOneLineOf512BytesAtMost) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "x"}});
  run.bad(test, failure("first\nsecond\t" + std::string(5000, 'a')));
  run.end("finished", 100);
  const std::string xml = write(run);
  const std::size_t from = xml.find("message=\"") + 9, size = xml.find('"', from) - from;
  EXPECT_THAT(xml.substr(from, size), StartsWith("first second aaa"));
  EXPECT_LE(size, 512u);
}

TEST_F(JunitTest, CapsTheOutputOfACase) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "x"}});
  Observed observed = failure("too much");
  observed.output = std::string(1 << 20, '\x01');
  run.bad(test, observed);
  run.end("finished", 100);
  const std::string xml = write(run);
  EXPECT_LT(xml.size(), 300u << 10);
  EXPECT_THAT(xml, HasSubstr("bytes left out"));
  EXPECT_EQ(schema_complaints(files_.front()), "");
}

TEST_F(JunitTest, OutputOfPassesIsLeftOutUnlessAskedFor) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "x"}});
  Observed observed;
  observed.status = Status::pass;
  observed.output = "chatter";
  run.observe(test, 1, observed);
  run.decide(test, outcome(Status::pass));
  run.end("finished", 0);
  EXPECT_THAT(write(run), Not(HasSubstr("chatter")));
  EXPECT_THAT(write(run, {.output_of_passes = true}), HasSubstr("chatter"));
}

TEST_F(JunitTest, WhatWasNotRunIsSkippedAndMakesOneError) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "x"}, {"g", "y"}, {"g", "z"}});
  run.pass(test);
  run.end("interrupted", 130);
  const std::string xml = write(run);
  EXPECT_EQ(count(xml, "type=\"xtest.not-run\""), 2u);
  EXPECT_EQ(count(xml, "name=\"xtest/incomplete\""), 1u);
  EXPECT_THAT(xml, HasSubstr("2 of 3 listed tests were not run (interrupted)"));
}

TEST_F(JunitTest, AStreamThatWasNeverListedIsVisibleWhenTheRunBroke) {
  SampleRun run;
  const std::string xml = write(run);
  EXPECT_THAT(xml, HasSubstr("no test was listed (the record has no end)"));
}

TEST_F(JunitTest, TheLastDecisionOfACaseCounts) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "x"}, {"g", "y"}});
  run.bad(test, failure("first"));
  run.decide(test + 1, {});
  run.pass(test + 1);
  run.pass(test);
  run.end("finished", 0);
  const std::string xml = write(run);
  EXPECT_THAT(xml, HasSubstr("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\""));
  EXPECT_THAT(xml, Not(HasSubstr("first")));
}

TEST_F(JunitTest, WhatAnUntrustedJobSaidIsVoid) {
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "x"}});
  run.observe(test, 1, failure("a lie"), "", false);
  run.pass(test);
  run.end("finished", 0);
  EXPECT_THAT(write(run), Not(HasSubstr("a lie")));
}

TEST_F(JunitTest, SplitsByCasesAndRemovesWhatAnEarlierReportLeft) {
  SampleRun run;
  const CaseIx first = run.list(0, "all", std::vector<SampleCase>(25, {"g", "x"}));
  for (CaseIx test = first; test < first + 25; ++test) run.pass(test);
  run.end("finished", 0);
  write(run);
  write(run, {.cases_a_file = 10});
  EXPECT_EQ(names().count(stem + ".xml"), 0u);
  EXPECT_EQ(count(slurp(folder_ / (stem + ".001.xml")), "<testcase "), 10u);
  EXPECT_EQ(count(slurp(folder_ / (stem + ".003.xml")), "<testcase "), 5u);
  write(run);
  EXPECT_EQ(names().count(stem + ".001.xml"), 0u);
  EXPECT_EQ(names().size(), 3u) << "nothing hidden is left behind";
}

TEST_F(JunitTest, SplitsByBytes) {
  SampleRun run;
  const CaseIx first = run.list(0, "all", std::vector<SampleCase>(20, {"g", "x"}));
  for (CaseIx test = first; test < first + 20; ++test) {
    Observed observed = failure("bad");
    observed.output = std::string(40'000, 'o');
    run.bad(test, observed);
  }
  run.end("finished", 100);
  write(run, {.bytes_a_file = 200'000});
  EXPECT_GE(files_.size(), 5u);
  for (const auto& file : files_) EXPECT_LE(std::filesystem::file_size(file), 200'000u) << file;
}

TEST_F(JunitTest, TheSameEventsGiveTheSameBytes) {
  const std::string once = write(every_status());
  EXPECT_EQ(write(every_status()), once);
}

TEST_F(JunitTest, AFolderBelowAFileIsToldByCloseWithThePath) {
  std::ofstream(folder_ / "file") << "x";
  Junit junit({folder_ / "file" / "junit"});
  every_status().feed(junit);
  const auto trouble = junit.close();
  ASSERT_TRUE(trouble);
  EXPECT_THAT(*trouble, HasSubstr((folder_ / "file" / "junit").string()));
}

TEST_F(JunitTest, APolicyThatFailsFlakyTestsShowsThemAsFailures) {
  SampleRun run = every_status();
  run.run().options = {{"flaky", "fail"}, {"xpass", "ok"}};
  EXPECT_THAT(write(run), HasSubstr("type=\"xtest.flaky\""));
  EXPECT_THAT(write(run), Not(HasSubstr("type=\"xtest.xpass\"")));
}

TEST_F(JunitTest, AResultThatWasTakenOverSaysSo) {
  EXPECT_THAT(write(every_status()), HasSubstr("[xtest] taken over from 01JD5QZAAAA"));
}

TEST(JunitDialects, AreChosenByName) {
  EXPECT_EQ(dialect_from("rich"), JunitDialect::rich);
  EXPECT_EQ(dialect_from("ritch"), std::nullopt);
}

TEST(JunitDialects, AreRichInsideACiSystemThatReadsIt) {
  EXPECT_EQ(default_dialect([](const char* name) { return name == std::string("GITLAB_CI") ? "true" : nullptr; }),
            JunitDialect::rich);
  EXPECT_EQ(default_dialect([](const char*) -> const char* { return nullptr; }), JunitDialect::portable);
}

}  // namespace
}  // namespace xtest
