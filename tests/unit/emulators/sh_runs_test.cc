// SPDX-License-Identifier: Apache-2.0
// What a run by sh leaves behind and what it costs, over real shells of this machine; the words that ask for it.
#include "emulators/sh/command_text.h"
#include "runner/base/files.h"
#include "tests/support/sh_drivers.h"

#include <gmock/gmock.h>

#include <fstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct ShRuns : ShDrivers {
  AgentCommand shell(const std::string& text) {
    AgentCommand wanted = command({});
    wanted.argv = {"/bin/sh", "-c", text};
    return wanted;
  }
  fs::path runs_folder() const { return fs::path(driver->folder()) / "runs"; }
  static std::ptrdiff_t entries(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }
};

TEST_P(ShRuns, RemoveAFolderThatIsNotEmptyAtOnce) {
  start();
  for (const char* text : {": >'*'", "ln -s nowhere '*'", ": >.hidden", ": >'.*'", "mkdir -p a/b", ": >...", "chmod 0 .; :", "cd ..; rmdir \"$HOME\"",
                           "cd ..; rmdir \"$HOME\"; : >\"$HOME\"", "cd ..; rmdir \"$HOME\"; ln -s . \"$HOME\"", "cd ..; rmdir \"$HOME\"; ln -s nowhere \"$HOME\""}) {
    AgentCommand litters = shell(text);
    litters.env.push_back("HOME=" + litters.cwd);
    EXPECT_EQ(describe(run_task(io, driver->run(litters)).how), "exited with 0") << text;
    const auto left = fs::symlink_status(litters.cwd);
    if (fs::is_directory(left)) EXPECT_TRUE(fs::is_empty(litters.cwd)) << text;
    else EXPECT_FALSE(fs::exists(left)) << text;
    EXPECT_EQ(how({"exit", "3"}), "exited with 3") << "after " << text;
  }
  EXPECT_TRUE(fs::is_directory(runs_folder())) << "no link was followed";
}

TEST_P(ShRuns, RemoveFoldersThatStayedEmptyByTheDozen) {
  start();
  std::vector<AgentCommand> commands;
  for (int i = 0; i < 200; ++i) commands.push_back(command({"exit", "0"}));
  const std::string first = commands.front().cwd;
  for (const Completion& completion : batch(std::move(commands))) EXPECT_EQ(describe(completion.how), "exited with 0");
  EXPECT_FALSE(fs::exists(first));
  EXPECT_LE(entries(runs_folder()), 128);
  EXPECT_EQ(how({"fill-dir"}), "exited with 0");
  run_task(io, driver->close());
  EXPECT_FALSE(fs::exists(runs_folder()));
}

// Each program that the driver starts says so.
TEST_P(ShRuns, NeedNoFurtherProgramWhereNothingIsToBeTold) {
  const fs::path tools = folder.path() / "tools", log = folder.path() / "log";
  for (const char* name : {"rm", "rmdir", "mkdir", "wc", "dd", "tail", "cat", "sed", "env", "sleep", "kill", "printf", "setsid"}) {
    folder.write(std::string("tools/") + name, "#!/bin/sh\necho " + std::string(name) + " >>" + log.string() + "\nPATH=/usr/bin:/bin; exec " + name + " \"$@\"\n");
    fs::permissions(tools / name, fs::perms::owner_all);
  }
  start(ShFraming::bytes, tools.string() + ":/usr/bin:/bin");
  EXPECT_EQ(how({"exit", "0"}), "exited with 0");
  std::ofstream(log).close();
  std::vector<AgentCommand> commands;
  for (int i = 0; i < 10; ++i) commands.push_back(command({"exit", "0"}));
  batch(std::move(commands));
  std::string said = read_file(log).value_or("");
  EXPECT_EQ(std::ranges::count(said, '\n'), GetParam() == "posh" ? 20 : 10) << said;      // posh has no kill of its own
  EXPECT_THAT(said, HasSubstr("setsid\n"));
  EXPECT_THAT(said, Not(HasSubstr("rm")));
}

TEST_P(ShRuns, KillOneThatIsLateBehindOthersAndGoOn) {
  start();
  std::vector<AgentCommand> commands{command({"exit", "1"}), command({"hang"}), command({"exit", "2"})};
  for (AgentCommand& each : commands) each.limits.wall = 700ms;
  const auto ended = batch(std::move(commands));
  EXPECT_EQ(describe(ended[0].how), "exited with 1");
  EXPECT_EQ(describe(ended[1].how), "ran into its time limit");
  EXPECT_THAT(ended[1].evidence, HasSubstr("misbehave"));
  EXPECT_EQ(describe(ended[2].how), "exited with 2");
}

TEST_P(ShRuns, KillWhatAProgramLeavesBehindAndNameIt) {
  start();
  const auto ended = batch({command({"exit", "0"}), command({"fork-and-exit"}), command({"exit", "0"})});
  EXPECT_THAT(ended[0].strays, IsEmpty());
  ASSERT_EQ(ended[1].strays.size(), 1u);
  EXPECT_THAT(ended[1].strays[0], HasSubstr("misbehave"));
  EXPECT_THAT(ended[2].strays, IsEmpty());
}

TEST_P(ShRuns, CountTheTimeOfEachProgramAlone) {
  start();
  const std::string busy = "i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done";
  const auto ended = batch({command({"exit", "0"}), shell(busy), shell("echo; : >file"), command({"exit", "0"}), shell(busy), command({"exit", "0"})});
  const auto spent = [&](std::size_t at) { return (ended[at].usage.user + ended[at].usage.system).count(); };
  for (const std::size_t at : {1, 4}) EXPECT_GT(spent(at), 50'000) << at;
  for (const std::size_t at : {0, 2, 3, 5}) EXPECT_LT(4 * spent(at), spent(1)) << at;
}

INSTANTIATE_TEST_SUITE_P(Shells, ShRuns, testing::ValuesIn(shells_of_drivers), [](const auto& shell) { return shell.param; });

TEST(ShCommandText, SaysOnlyWhatIsNew) {
  ShCommandText texts;
  AgentCommand command;
  command.argv = {"/x", "two words"};
  command.env = {"PATH=/bin", "HOME=/far/runs/1"};
  command.cwd = "/far/runs/1";
  command.fresh_cwd = true;
  const std::string first = texts.of(command, {1, 0, 1u << 20, true});
  EXPECT_THAT(first, HasSubstr("environment() { \"$@\" 'PATH=/bin' HOME=\"$f\"; };"));
  EXPECT_THAT(first, HasSubstr("program() { \"$@\" /x 'two words'; };"));
  EXPECT_THAT(first, testing::EndsWith("a=1;q=1 f=/far/runs/1;R\n"));
  command.cwd = "/far/runs/2";
  command.env.back() = "HOME=/far/runs/2";
  EXPECT_EQ(texts.of(command, {2, 0, 1u << 20, false}), "q=2 f=/far/runs/2;R\n");
  command.argv = {"/y"};
  command.env.push_back("IFS=x");
  EXPECT_EQ(texts.of(command, {3, 0, 1u << 20, false}), "v=0;environment() { \"$@\" 'PATH=/bin' HOME=\"$f\" 'IFS=x'; };program() { \"$@\" /y; };q=3 f=/far/runs/2;R\n");
}

TEST(ShCommandText, AProgramWithAnEqualsSignIsNoVariable) {
  ShCommandText texts;
  AgentCommand command;
  command.argv = {"/a=b"};
  EXPECT_THAT(texts.of(command, {1, 0, 1u << 20, true}), HasSubstr("program() { \"$@\" sh -c 'exec \"$0\" \"$@\"' '/a=b'; };"));
}

}  // namespace
}  // namespace xtest
