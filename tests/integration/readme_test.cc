// SPDX-License-Identifier: Apache-2.0
// The README does what it says: every command in its ```sh blocks is run, in order, in one folder, by the real binary, and must
// exit with 0. A ```yaml block whose first line is `# NAME.yaml` is that file. `--install` is left out, since the tests
// install nothing; of ./run-tests, which is what runs this test, only the modes are compared with the script's own words.
#include <gmock/gmock.h>

#include "tests/support/playground.h"

#include <sys/stat.h>

#include <regex>
#include <sstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

struct Block {
  std::string language;
  std::vector<std::string> lines;
};

std::vector<Block> blocks_of(const std::string& markdown) {
  std::vector<Block> blocks;
  bool inside = false;
  std::istringstream in(markdown);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

// What the reader would type: comments and empty lines left out, a line that ends with \ joined with the next.
std::vector<std::string> commands_of(const Block& block) {
  std::vector<std::string> commands;
  std::string command;
  for (const std::string& line : block.lines) {
    command += line.ends_with('\\') ? line.substr(0, line.size() - 1) : line;
    if (line.ends_with('\\')) continue;
    if (!command.empty() && !command.starts_with('#')) commands.push_back(command);
    command.clear();
  }
  return commands;
}

bool is_ours(const std::string& command) { return command.starts_with("./xtest ") || command.starts_with("xtest "); }

std::string for_the_shell(const std::string& command) {
  std::string words = std::regex_replace(command, std::regex(" --install\\b"), "");
  return "'" XTEST_BINARY "'" + words.substr(words.find(' '));
}

std::vector<Block> readme() { return blocks_of(read_text(fs::path(XTEST_SOURCE_DIR) / "README.md")); }

std::vector<std::string> commands_that_begin_with(const std::string& beginning) {
  std::vector<std::string> found;
  for (const Block& block : readme()) {
    if (block.language != "sh") continue;
    for (const std::string& command : commands_of(block)) {
      if (command.starts_with(beginning)) found.push_back(command);
    }
  }
  return found;
}

void write_file_of(const Block& block, const Playground& here) {
  static const std::regex name("# ([a-z-]+\\.yaml)");
  std::smatch found;
  if (block.language != "yaml" || block.lines.empty() || !std::regex_match(block.lines.front(), found, name)) return;
  std::string text;
  for (const std::string& line : block.lines) text += line + "\n";
  here.write(found[1], text);
}

TEST(Readme, EveryCommandItShowsSucceeds) {
  for (const char* tool : {"aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++", "qemu-aarch64-static"}) {
    if (!is_there(tool)) GTEST_SKIP() << "requires " << tool;
  }
  const Playground here;
  std::size_t run = 0;
  for (const Block& block : readme()) {
    write_file_of(block, here);
    if (block.language != "sh") continue;
    for (const std::string& command : commands_of(block)) {
      if (!is_ours(command)) continue;
      Call call = here.call({});
      call.argv = {"sh", "-c", for_the_shell(command)};
      call.limit = std::chrono::seconds(600);
      const Ran ran = run_program(call);
      EXPECT_EQ(ran.code, 0) << command << "\n" << describe(ran);
      ++run;
    }
  }
  EXPECT_GE(run, 5u) << "the README shows hardly any commands";
}

TEST(Readme, ShowsTheTwoCommandsOfABeginner) {
  EXPECT_THAT(commands_that_begin_with("./xtest "), testing::Contains("./xtest run --target aarch64-unknown-linux-gnu --install"));
  EXPECT_THAT(commands_that_begin_with("./run-tests"), testing::Contains("./run-tests"));
}

TEST(Readme, NamesOnlyModesThatTheTestsHave) {
  const fs::path script = fs::path(XTEST_SOURCE_DIR) / "run-tests";
  struct stat facts {};
  ASSERT_EQ(::stat(script.c_str(), &facts), 0) << script;
  EXPECT_NE(facts.st_mode & S_IXUSR, 0u) << script << " is not executable";
  Call call = Playground().call({});
  call.argv = {script.string(), "--help"};
  call.cwd = XTEST_SOURCE_DIR;
  const Ran help = run_program(call);
  EXPECT_THAT(help.err, HasSubstr("./run-tests --quick")) << describe(help);
  for (const std::string& command : commands_that_begin_with("./run-tests")) {
    const std::string typed = command.substr(0, command.find("  "));
    EXPECT_THAT(help.err, HasSubstr(typed)) << "the README shows a mode that ./run-tests does not know";
  }
}

TEST(Readme, TheReaderOfTheReadmeSeesCommandsAndNothingElse) {
  const auto blocks = blocks_of("text\n```sh\n# note\n./xtest run \\\n  -t a\n\nls\n```\n```yaml\nx: 1\n```\n");
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_THAT(commands_of(blocks[0]), testing::ElementsAre("./xtest run   -t a", "ls"));
  EXPECT_TRUE(is_ours("xtest list"));
  EXPECT_FALSE(is_ours("./xtestify"));
  EXPECT_THAT(for_the_shell("./xtest run --install -t a"), testing::AllOf(HasSubstr(XTEST_BINARY "' run -t a"), Not(HasSubstr("install"))));
}

}  // namespace
}  // namespace xtest
