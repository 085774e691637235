// SPDX-License-Identifier: Apache-2.0
// What a machine says about a run is cut, said twice or out of turn, by somebody between its SSH server and what that starts:
// such a word is never a result, the run is done again elsewhere, and every verdict is that of an undisturbed run.
#include <gmock/gmock.h>

#include "tests/support/essence.h"
#include "tests/support/ssh_server.h"
#include "tests/support/watch.h"

#include <algorithm>

namespace xtest {
namespace {

struct Damage {
  std::string driver, how;
  int attempts = 2;       // of the run it is about
};

std::ostream& operator<<(std::ostream& out, const Damage& damage) { return out << damage.driver << ": " << damage.how; }

struct DamagedFrames : testing::TestWithParam<Damage> {
  const Playground here;
  asio::io_context io;
  std::optional<SshServer> server;
  const std::filesystem::path flag = here.folder() / "flag";

  void SetUp() override {
    if (!is_there("python3")) GTEST_SKIP() << "python3 is not installed";
    SshServerKind kind;
    kind.configuration = {"ForceCommand python3 '" XTEST_SOURCE_DIR "/tests/helpers/meddler.py' '" + GetParam().how + "' '" + flag.string() + "'"};
    server.emplace(io, kind);
    if (!server->why_not().empty()) GTEST_SKIP() << server->why_not();
    std::map<std::string, std::string> files{{"meddle.c", "#include <stdio.h>\nint main(void) { puts(\"meddle with this\"); return 7; }\n"},
                                             {"three.c", "int main(void) { return 3; }\n"}};
    for (const char* name : {"a.c", "b.c", "y.c", "z.c"}) files[name] = "#include <stdio.h>\nint main(void) { puts(\"fine\"); return 0; }\n";
    here.suite("words", files, "limit: 3s\n");
  }
  Playground::Words words() const {
    return here.run_words("words", {"--on", "remote:" + server->address(), "--ssh-key", (server->folder() / "user").string(), "--known-hosts",
                                    server->known_hosts().string(), "--driver", GetParam().driver, "-j1"});
  }
};

TEST_P(DamagedFrames, AreNeverAResult) {
  static std::map<std::string, std::map<std::string, std::string>> undisturbed;   // by driver
  if (!undisturbed.contains(GetParam().driver)) {
    const Ran calm = here.xtest(words());
    ASSERT_EQ(calm.code, 100) << describe(calm);
    ASSERT_EQ(here.verdicts().at("run::meddle.c").kind, "exit-code");
    ASSERT_EQ(sessions_lost(here), 0);
    undisturbed[GetParam().driver] = essence(here.verdicts());
  }
  here.write("flag", "");
  const Ran ran = here.xtest(words());
  EXPECT_FALSE(std::filesystem::exists(flag)) << "it was damaged";
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_EQ(essence(here.verdicts()), undisturbed[GetParam().driver]) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::meddle.c").attempts, GetParam().attempts) << describe(ran);
  EXPECT_EQ(sessions_lost(here), 1) << describe(ran);
  EXPECT_LT(ran.wall, std::chrono::seconds(100));
  EXPECT_TRUE(eventually([&] { return pids_of(flag.string()).empty(); }, std::chrono::seconds(10))) << "nothing stays behind";
}

const Damage damages[] = {
    {"agent", "the end is cut"},          {"agent", "the end is cut in front"}, {"agent", "the end comes twice", 1}, {"agent", "an earlier end comes again"},
    {"agent", "the output comes twice"},  {"agent", "the output is cut"},       {"agent", "the output is missing"},  {"agent", "the end comes first"},
    {"sh", "the end is cut"},             {"sh", "the end is cut in front"},    {"sh", "the end comes twice", 1},    {"sh", "an earlier end comes again"},
    {"sh", "the output comes twice"},     {"sh", "the output is cut"},          {"sh", "the output is missing"},     {"sh", "the end comes first"},
};

std::string name_of(const Damage& damage) {
  std::string name = damage.driver + "_" + damage.how;
  std::ranges::replace(name, ' ', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Words, DamagedFrames, testing::ValuesIn(damages), [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace xtest
