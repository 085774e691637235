// SPDX-License-Identifier: Apache-2.0
// The driver that needs only sh, over real shells of this machine, and what it makes of a line that lies.
#include "emulators/sh/encoding.h"
#include "emulators/sh/frames.h"
#include "emulators/sh/outcome.h"
#include "runner/base/files.h"
#include "runner/base/text.h"
#include "tests/support/run_task.h"
#include "tests/support/sh_drivers.h"

#include <gmock/gmock.h>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

TEST_P(ShDrivers, TellAnEndByExitFromOneBySignal) {
  start();
  for (const char* code : {"0", "3", "127", "137", "139", "255"}) EXPECT_EQ(how({"exit", code}), std::string("exited with ") + code);
  EXPECT_EQ(how({"signal", "11"}), "killed by SEGV (11)");
  EXPECT_EQ(how({"signal", "9"}), "killed by KILL (9)");
  EXPECT_EQ(how({"signal", "15"}), "killed by TERM (15)");
  EXPECT_THAT(how({"signal", "2"}), testing::AnyOf("exited with 130", "killed by INT (2)")) << "the driver lives on";
  EXPECT_EQ(how({"exit", "0"}), "exited with 0");
}

TEST_P(ShDrivers, GiveJustTheEnvironmentThatIsAskedFor) {
  start();
  AgentCommand all = command({});
  all.argv = {"/usr/bin/env"};
  all.env = {"PATH=/usr/bin:/bin", "LANG=C", "XTEST_TEXT=two words=$HOME"};
  EXPECT_EQ(sorted_lines(run_task(io, driver->run(all)).out.text), (std::vector<std::string>{"LANG=C", "PATH=/usr/bin:/bin", "XTEST_TEXT=two words=$HOME"}));
  all = command({});
  all.argv = {"/usr/bin/env"};
  all.env = {"IFS=x", "N=forged", "PATH=/usr/bin:/bin", "q=7"};
  EXPECT_EQ(sorted_lines(run_task(io, driver->run(all)).out.text), (std::vector<std::string>{"IFS=x", "N=forged", "PATH=/usr/bin:/bin", "q=7"}));
  EXPECT_EQ(how({"exit", "3"}), "exited with 3") << "and the driver lives on";
}

TEST_P(ShDrivers, GiveEachProgramAnEmptyFolderThatIsGoneAfterwards) {
  start();
  for (int round = 0; round < 40; ++round) {
    AgentCommand litters = command({});
    litters.argv = {"/bin/sh", "-c", "ls -A; ln -s nowhere .link; : >'a file'"};
    EXPECT_EQ(run_task(io, driver->run(litters)).out.text, "");
    EXPECT_FALSE(std::filesystem::exists(litters.cwd));
  }
}

TEST_P(ShDrivers, RunABatchInItsOrder) {
  start();
  std::vector<AgentCommand> commands;
  for (int i = 0; i < 20; ++i) commands.push_back(command({"exit", std::to_string(i)}));
  std::vector<std::string> wanted;
  for (int i = 0; i < 20; ++i) wanted.push_back("exited with " + std::to_string(i));
  std::vector<std::string> ends;
  for (const Completion& completion : batch(std::move(commands))) ends.push_back(describe(completion.how));
  EXPECT_EQ(ends, wanted);
}

TEST_P(ShDrivers, KillAProgramThatIsLateAndGoOn) {
  start();
  AgentCommand late = command({"hang"});
  late.limits.wall = 300ms;
  const Completion completion = run_task(io, driver->run(late));
  EXPECT_EQ(describe(completion.how), "ran into its time limit");
  EXPECT_THAT(completion.evidence, HasSubstr("misbehave"));
  EXPECT_EQ(how({"exit", "4"}), "exited with 4");
}

TEST_P(ShDrivers, WorkOverALineOfTextWithoutAGuard) {
  start(ShFraming::lines);
  EXPECT_EQ(how({"exit", "7"}), "exited with 7");
  EXPECT_EQ(how({"signal", "11"}), "killed by SEGV (11)");
  const Completion loud = run_task(io, driver->run(command({"print", "5000"})));
  EXPECT_EQ(loud.out.text.size(), 5000u);
  AgentCommand late = command({"hang"});
  late.limits.wall = 1000ms;
  EXPECT_EQ(describe(run_task(io, driver->run(late)).how), "ran into its time limit");
  EXPECT_EQ(how({"exit", "4"}), "exited with 4");
}

TEST_P(ShDrivers, TakeAFileByTextAlone) {
  start(ShFraming::lines);
  std::string bytes;
  for (int i = 0; i < 7000; ++i) bytes += static_cast<char>(i * 7);
  run_task(io, driver->put((folder.path() / "a file").string(), bytes));
  EXPECT_TRUE(read_file(folder.path() / "a file") == bytes);
}

TEST_P(ShDrivers, CloseAndRemoveTheirFolder) {
  start();
  EXPECT_EQ(how({"exit", "0"}), "exited with 0");
  run_task(io, driver->close());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "sh"));
  EXPECT_THAT(how({"exit", "0"}), StartsWith("was lost"));
}

INSTANTIATE_TEST_SUITE_P(Shells, ShDrivers, testing::ValuesIn(shells_of_drivers), [](const auto& shell) { return shell.param; });

// ---- a line that lies ----

std::vector<std::string> kinds(ShFrames& frames, std::string_view bytes) {
  std::vector<std::string> found;
  for (const ShFrame& frame : frames.feed(bytes)) found.push_back(frame.kind);
  return found;
}

TEST(ShFrames, ATestsOutputIsNeverTakenForAFrame) {
  ShFrames frames("abc", ShFraming::bytes);
  const auto found = frames.feed("Last login: today\nabc 1 out 19 0 19\nabc 1 ended 0 0 - 0abc 1 ended 1 0 - x x - 19 0\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].bytes, "abc 1 ended 0 0 - 0");
  EXPECT_EQ(found[1].words.at(0), "1");
}

TEST(ShFrames, ComeInPieces) {
  ShFrames frames("abc", ShFraming::bytes);
  EXPECT_THAT(kinds(frames, "abc 1 ou"), ElementsAre());
  EXPECT_THAT(kinds(frames, "t 3 0 3\nx"), ElementsAre());
  EXPECT_THAT(kinds(frames, "yzabc 1 en"), ElementsAre("out"));
  EXPECT_THAT(kinds(frames, "ded\n"), ElementsAre("ended"));
}

TEST(ShFrames, WhatIsNoneAfterTheFirstIsNamed) {
  ShFrames frames("abc", ShFraming::bytes);
  EXPECT_THAT(kinds(frames, "abc 0 ready\nan intruder\nabc 1 started\n"), ElementsAre("ready"));
  EXPECT_THAT(frames.wrong(), HasSubstr("an intruder"));
}

TEST(ShFrames, NoiseBetweenLinesIsSkippedAndDamageInOneIsFound) {
  const auto line = [](const std::string& text) { return "abc " + std::to_string(posix_cksum(text)) + " " + text + "\r\n"; };
  ShFrames frames("abc", ShFraming::lines);
  const std::string bytes = "four";
  EXPECT_THAT(kinds(frames, "[ 12.3] usb 1-1: new device\r\nabc - Zm91cg==\r\n" + line("1 out 4 0 4 " + std::to_string(posix_cksum(bytes)))),
              ElementsAre("out"));
  EXPECT_THAT(kinds(frames, "abc - Zm91cg==\n" + line("2 out 5 0 5 1")), ElementsAre());
  EXPECT_THAT(frames.wrong(), HasSubstr("damaged bytes"));
  ShFrames others("abc", ShFraming::lines);
  std::string header = line("1 ended 0 0 - 0 0 - 0 0");
  header[header.find("ended") + 7] = '1';
  EXPECT_THAT(kinds(others, header), ElementsAre());
  EXPECT_THAT(others.wrong(), HasSubstr("damaged frame"));
}

std::string trouble_of(const std::vector<std::string>& headers) {
  ShOutcome outcome("/x", {});
  ShFrames frames("abc", ShFraming::bytes);
  std::string trouble;
  for (const std::string& header : headers) {
    for (const ShFrame& frame : frames.feed("abc 1 " + header)) trouble += outcome.take(frame);
  }
  return trouble + frames.wrong();
}

TEST(ShOutcome, AGapADuplicateAndACutAreNamed) {
  EXPECT_EQ(trouble_of({"started 0m0s 0m0s\n", "out 1 0 1\nx", "ended 0 0 - 0m0s 0m0s - 1 0\n"}), "");
  EXPECT_THAT(trouble_of({"started 0m0s 0m0s\n", "ended 0 0 - 0m0s 0m0s - 1 0\n"}), HasSubstr("lost output"));
  EXPECT_THAT(trouble_of({"started 0m0s 0m0s\n", "started 0m0s 0m0s\n"}), HasSubstr("out of turn"));
  EXPECT_THAT(trouble_of({"ended 0 0 - 0m0s 0m0s - 0 0\n"}), HasSubstr("out of turn"));
  EXPECT_THAT(trouble_of({"started 0m0s 0m0s\n", "out 1 0 1\nx", "out 1 0 1\nx"}), HasSubstr("out of turn"));
  EXPECT_THAT(trouble_of({"started 0m0s 0m0s\n", "ended 0 0 -\n"}), HasSubstr("is cut"));
  EXPECT_THAT(trouble_of({"started 0m0s 0m0s\n", "ended 0 0 - 0m0s 0m0s - 0 0\n", "ended 0 0 - 0m0s 0m0s - 0 0\n"}), HasSubstr("out of turn"));
}

TEST(ShEncoding, IsThatOfPosixTools) {
  EXPECT_EQ(posix_cksum(""), 4294967295u);
  EXPECT_EQ(posix_cksum("hello\n"), 3015617425u);
  EXPECT_TRUE(is_checksum_of("3015617425", "hello\n"));
  EXPECT_TRUE(is_checksum_of("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03", "hello\n"));
  EXPECT_FALSE(is_checksum_of("", "hello\n"));
  EXPECT_EQ(to_base64("\x7f" "ELF"), "f0VMRg==");
  EXPECT_EQ(from_base64("f0VM\nRg==\n"), "\x7f" "ELF");
  EXPECT_EQ(from_base64("f0V"), std::nullopt);
  EXPECT_EQ(from_base64("f0==Rg=="), std::nullopt);
  EXPECT_EQ(from_hex(" 7f 45 4c\n 46"), "\x7f" "ELF");
  EXPECT_EQ(from_hex("7f4"), std::nullopt);
  EXPECT_EQ(to_octal(std::string("\0a", 2)), "\\000\\141");
}

}  // namespace
}  // namespace xtest
