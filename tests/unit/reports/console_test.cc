// SPDX-License-Identifier: Apache-2.0
#include "reports/console.h"

#include "reports/terminal.h"
#include "runner/base/text.h"
#include "tests/support/report_files.h"
#include "tests/support/sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace xtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class ConsoleTest : public testing::Test {
 protected:
  ConsoleTest() : file_(::open((folder_ / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ConsoleOptions options(bool tty) const {
    ConsoleOptions made;
    made.fd = file_.get();
    made.tty = tty;
    return made;
  }
  std::string text() const { return slurp(folder_ / "out"); }
  std::size_t redraws() const {
    const std::string all = text();
    std::size_t found = 0;
    for (std::size_t at = all.find('['); at != std::string::npos; at = all.find('[', at + 1)) {
      if (at + 25 < all.size() && all[at + 25] == ']') ++found;
    }
    return found;
  }
  ReportFolder folder_;
  UniqueFd file_;
};

TEST_F(ConsoleTest, ALogGetsNoEscapeSequences) {
  Console console(options(false));
  every_status().feed(console);
  console.close();
  EXPECT_THAT(text(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(text(), Not(HasSubstr("\r")));
}

TEST_F(ConsoleTest, ALogGetsALineAsSoonAsSomethingIsBad) {
  Console console(options(false));
  SampleRun run;
  run.bad(run.list(0, "all", {{"g", "x"}}), seen(Status::fail, "exit-code", "exited with 3"));
  run.feed(console);
  EXPECT_THAT(text(), HasSubstr("FAIL        aarch64-unknown-linux-gnu  probes::g::x  exit-code: exited with 3\n"));
}

TEST_F(ConsoleTest, ALogGetsAHeartbeatEveryThirtySeconds) {
  Console console(options(false));
  SampleRun run;
  run.list(0, "all", {{"g", "x"}});
  run.feed(console);
  const std::size_t before = text().size();
  console.tick(seconds(29));
  EXPECT_EQ(text().size(), before);
  console.tick(seconds(30));
  EXPECT_THAT(text().substr(before), HasSubstr("[30s] 0/1"));
  const std::size_t after = text().size();
  console.tick(seconds(59));
  EXPECT_EQ(text().size(), after);
}

TEST_F(ConsoleTest, RedrawsAtMostTenTimesASecond) {
  Console console(options(true));
  SampleRun run;
  run.feed(console);
  for (int i = 0; i < 1000; ++i) console.tick(milliseconds(i));
  EXPECT_LE(redraws(), 11u);
  EXPECT_GE(redraws(), 5u);
}

TEST_F(ConsoleTest, LeavesNoAreaBehindOnATerminal) {
  {
    Console console(options(true));
    SampleRun().feed(console);
  }
  EXPECT_THAT(text(), testing::EndsWith("\x1b[J"));
}

TEST_F(ConsoleTest, NoLineOfTheAreaIsWiderThanTheTerminal) {
  ConsoleOptions narrow = options(true);
  narrow.width = 40;
  Console console(narrow);
  SampleRun run;
  run.list(0, std::string(300, 'u'), {{"g", std::string(300, 'x')}});
  run.add(JobStarted{.job = 1, .unit = 0, .cases = {0}, .session = "s", .what = std::string(300, 'w')});
  run.feed(console);
  const std::size_t before = text().size();
  console.tick(seconds(1));
  const std::string drawn = strip_ansi(text().substr(before + 1));
  for (std::size_t at = 0, end = 0; (end = drawn.find('\n', at)) != std::string::npos; at = end + 1) {
    EXPECT_LT(columns(drawn.substr(at, end - at)), narrow.width) << drawn.substr(at, end - at);
  }
}

TEST_F(ConsoleTest, HostileNamesAndOutputCannotSteerTheTerminal) {
  Console console(options(false));
  SampleRun run;
  Observed observed = seen(Status::fail, "wrong-output", "\x1b]0;owned\x07\x1b[2J" + hostile());
  observed.output = hostile();
  run.bad(run.list(0, "all", {{"g", "\x1b[2Jx\r"}}), observed);
  run.end("finished", 100);
  run.feed(console);
  console.close();
  const std::string all = text();
  EXPECT_TRUE(std::ranges::none_of(all, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }));
  EXPECT_THAT(all, Not(HasSubstr("\u202e")));
}

TEST_F(ConsoleTest, CapsTheOutputItShows) {
  Console console(options(false));
  SampleRun run;
  Observed observed = seen(Status::fail, "wrong-output", "much");
  for (int i = 0; i < 100'000; ++i) observed.output += "line\n";
  run.bad(run.list(0, "all", {{"g", "x"}}), observed);
  run.feed(console);
  console.close();
  EXPECT_LT(text().size(), 8000u);
  EXPECT_THAT(text(), HasSubstr("lines left out"));
}

TEST_F(ConsoleTest, ReproCommandsQuoteWhatAFilterOrAShellWouldTouch) {
  Console console(options(false));
  SampleRun run;
  run.bad(run.list(0, "all", {{"g", "x[1]*"}}), seen(Status::fail));
  run.feed(console);
  console.close();
  EXPECT_THAT(text(), HasSubstr("--filter 'probes::g::x[[]1][*]'"));
}

TEST_F(ConsoleTest, SaysWhatRunsNowLongestFirst) {
  Console console(options(false));
  SampleRun run;
  run.list(0, "all", {{"g", "x"}, {"g", "y"}});
  run.add(JobStarted{.job = 1, .unit = 0, .cases = {0}, .session = "s", .what = ""});
  run.add(JobStarted{.job = 2, .unit = 0, .cases = {1}, .session = "s", .what = "run y"});
  run.feed(console);
  console.tick(seconds(12));
  const std::string now = console.running_now();
  EXPECT_THAT(now, HasSubstr("11s probes::g::x (aarch64-unknown-linux-gnu)"));
  EXPECT_LT(now.find("probes::g::x"), now.find("run y"));
}

TEST_F(ConsoleTest, AnUnwritableDescriptorIsToldByClose) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ConsoleOptions broken;
  broken.fd = full.get();
  Console console(broken);
  every_status().feed(console);
  const auto trouble = console.close();
  ASSERT_TRUE(trouble);
  EXPECT_THAT(*trouble, HasSubstr("No space left"));
}

TEST_F(ConsoleTest, ResumedRunsSayHowMuchIsLeft) {
  Console console(options(false));
  SampleRun run;
  const CaseIx test = run.list(0, "all", {{"g", "x"}, {"g", "y"}});
  run.pass(test);
  run.add(Resumed{"0.1.0"});
  run.feed(console);
  EXPECT_THAT(text(), HasSubstr("resumed: 1 of 2 tests have a result"));
}

}  // namespace
}  // namespace xtest
