// SPDX-License-Identifier: Apache-2.0
#include "reports/jsonl.h"
#include "reports/junit.h"
#include "reports/list.h"
#include "reports/make_sink.h"
#include "tests/support/report_files.h"
#include "tests/support/sample_run.h"

#include <gtest/gtest.h>

namespace xtest {
namespace {

std::string console_text(const SampleRun& run, ConsoleOptions options) {
  ReportFolder folder;
  const UniqueFd file(::open((folder / "out").c_str(), O_RDWR | O_CREAT, 0600));
  options.fd = file.get();
  Console console(options);
  run.feed(console);
  EXPECT_EQ(console.close(), std::nullopt);
  return slurp(folder / "out");
}

const std::string stream_file = "TEST-aarch64-unknown-linux-gnu+probes+gcc+default+qemu-user.xml";

std::string junit_text(const SampleRun& run, JunitDialect dialect) {
  ReportFolder folder;
  Junit junit({folder.path(), dialect});
  run.feed(junit);
  EXPECT_EQ(junit.close(), std::nullopt);
  return slurp(folder / stream_file);
}

TEST(Golden, ThePlainConsole) {
  ConsoleOptions options;
  options.record = ".xtest/runs/01JD5V8Q2M7W3R9KZX4B6C1D0E";
  options.junit = ".xtest/runs/01JD5V8Q2M7W3R9KZX4B6C1D0E/junit";
  EXPECT_EQ(golden_difference("console.txt", console_text(every_status(), options)), "");
}

TEST(Golden, TheTerminalConsole) {
  ConsoleOptions options;
  options.tty = options.color = true;
  EXPECT_EQ(golden_difference("console-tty.txt", console_text(every_status(), options)), "");
}

TEST(Golden, JunitInThePortableDialect) {
  EXPECT_EQ(golden_difference("junit-portable.xml", junit_text(every_status(), JunitDialect::portable)), "");
}

TEST(Golden, JunitInTheRichDialect) {
  EXPECT_EQ(golden_difference("junit-rich.xml", junit_text(every_status(), JunitDialect::rich)), "");
}

TEST(Golden, JunitInTheAntDialect) {
  EXPECT_EQ(golden_difference("junit-ant.xml", junit_text(every_status(), JunitDialect::ant)), "");
}

TEST(Golden, JunitInTheSurefireDialect) {
  EXPECT_EQ(golden_difference("junit-surefire.xml", junit_text(every_status(), JunitDialect::surefire)), "");
}

TEST(Golden, JsonLinesOfEveryStatus) {
  ReportFolder folder;
  JsonLines lines({folder / "report.jsonl"});
  every_status().feed(lines);
  EXPECT_EQ(lines.close(), std::nullopt);
  EXPECT_EQ(golden_difference("report.jsonl", slurp(folder / "report.jsonl")), "");
}

TEST(Golden, TheListOfTests) {
  TestList list;
  for (const Event& event : every_status().events) list.on(event);
  EXPECT_EQ(golden_difference("list.txt", list.text()), "");
}

TEST(Golden, WhatIsShownOfARunAndOfATest) {
  ShowText run({}), test({.test = "probes::C1::c"});
  for (const Event& event : every_status().events) run.on(event), test.on(event);
  EXPECT_EQ(golden_difference("show-run.txt", run.text()), "");
  EXPECT_EQ(golden_difference("show-test.txt", test.text()), "");
}

}  // namespace
}  // namespace xtest
