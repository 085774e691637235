// SPDX-License-Identifier: Apache-2.0
#include "reports/jsonl.h"
#include "reports/list.h"
#include "reports/make_sink.h"
#include "runner/base/error.h"
#include "runner/base/text.h"
#include "tests/support/report_files.h"
#include "tests/support/sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace xtest {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::vector<json> lines_of(const SampleRun& run) {
  ReportFolder folder;
  JsonLines sink({folder / "report.jsonl"});
  run.feed(sink);
  EXPECT_EQ(sink.close(), std::nullopt);
  std::vector<json> parsed;
  const std::string text = slurp(folder / "report.jsonl");
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) parsed.push_back(json::parse(line));
  }
  return parsed;
}

TEST(JsonLines, AreARunTheCasesAndASummaryEvenWithHostileOutput) {
  const auto lines = lines_of(every_status());
  ASSERT_EQ(lines.size(), 19u);
  EXPECT_EQ(lines.front()["type"], "run");
  EXPECT_EQ(lines.back()["type"], "summary");
  EXPECT_EQ(lines.back()["exit_code"], 100);
  EXPECT_EQ(lines.back()["counts"]["crash"], 1);
  EXPECT_EQ(lines[3]["test"], "probes::C1::c");
  EXPECT_EQ(lines[3]["status"], "crash");
}

TEST(JsonLines, TellWhatWasNotRun) {
  SampleRun run;
  run.list(0, "all", {{"g", "x"}});
  const auto lines = lines_of(run);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1]["status"], "not-run");
  EXPECT_EQ(lines[2]["incomplete"], true);
}

TEST(JsonLines, TellThePathThatTheyCannotWrite) {
  JsonLines sink({"/dev/null/report.jsonl"});
  every_status().feed(sink);
  const auto trouble = sink.close();
  ASSERT_TRUE(trouble);
  EXPECT_THAT(*trouble, HasSubstr("/dev/null"));
}

TEST(TestList, NamesEveryIdOnceWhenOnlyIdsAreWanted) {
  TestList list(true);
  for (const Event& event : every_status().events) list.on(event);
  const std::string text = list.text();
  EXPECT_EQ(text.find("probes::A1::c"), text.rfind("probes::A1::c"));
}

TEST(TestList, GivesTheReasonOfEverySkip) {
  TestList list;
  SampleRun run;
  Case skipped;
  skipped.group = "J1";
  skipped.name = "rust";
  skipped.skip = "requires rust";
  UnitListed unit;
  unit.cases = {skipped};
  run.add(unit);
  for (const Event& event : run.events) list.on(event);
  EXPECT_THAT(list.text(), HasSubstr("probes::J1::rust   [skip: requires rust]\n"));
}

TEST(ShowText, ShowsEveryAttemptWithItsOutput) {
  ShowText show({.test = "probes::E2::c"});
  for (const Event& event : every_status().events) show.on(event);
  EXPECT_TRUE(show.found());
  EXPECT_THAT(show.text(), HasSubstr("attempt 1: fail (wrong-output): expected 3 frames, got 1"));
  EXPECT_THAT(show.text(), HasSubstr("attempt 2: pass"));
  EXPECT_THAT(show.text(), HasSubstr("run it in qemu-user-1: exited with 0"));
}

TEST(ShowText, SaysWhenNothingHasThatName) {
  ShowText show({.test = "probes::Z9::c"});
  for (const Event& event : every_status().events) show.on(event);
  EXPECT_FALSE(show.found());
}

TEST(ShowText, TakesGlobs) {
  ShowText show({.test = "probes::B1::*"});
  for (const Event& event : every_status().events) show.on(event);
  EXPECT_THAT(show.text(), HasSubstr("aarch64-unknown-linux-gnu/probes"));
  EXPECT_THAT(show.text(), HasSubstr("s390x-unknown-linux-gnu/probes"));
  EXPECT_THAT(show.text(), Not(HasSubstr("probes::C1")));
}

TEST(MakeSink, KnowsEveryFormatItLists) {
  ReportFolder folder;
  for (const FormatInfo& format : report_formats()) {
    SinkOptions options;
    options.path = folder / std::string(format.name);
    options.console.fd = -1;
    EXPECT_NE(make_sink(format.name, options), nullptr) << format.name;
  }
}

TEST(MakeSink, NamesTheNearestFormatForATypo) {
  try {
    make_sink("jnuit", {});
    FAIL() << "it took a format that does not exist";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.remedy(), HasSubstr("did you mean junit?"));
  }
}

TEST(MakeSink, RefusesJunitWithoutAFolder) { EXPECT_THROW(make_sink("junit", {}), Error); }

}  // namespace
}  // namespace xtest
