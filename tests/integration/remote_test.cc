// SPDX-License-Identifier: Apache-2.0
// The executor `remote` against a real sshd of this machine, by the real binary.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/support/endings.h"
#include "tests/support/ssh_server.h"
#include "tests/support/watch.h"

namespace xtest {
namespace {

using testing::HasSubstr;

struct RemoteMachine : testing::Test {
  const Playground here;
  asio::io_context io;
  const SshServer server{io};

  void SetUp() override {
    if (!server.why_not().empty()) GTEST_SKIP() << server.why_not();
  }
  Playground::Words words(const std::string& suite, const std::filesystem::path& known_hosts) const {
    return here.run_words(suite, {"--on", "remote:" + server.address(), "--ssh-key", (server.folder() / "user").string(),
                                  "--known-hosts", known_hosts.string(), "-j2"});
  }
  Playground::Words words(const std::string& suite) const { return words(suite, server.known_hosts()); }
  // Agents over there, which is here: "/tmp/xtest-1234/agent", below this server.
  std::vector<pid_t> agents() const {
    const std::string of_server = " " + std::to_string(server.options().port) + std::string(1, '\0');
    std::vector<pid_t> found;
    for (const pid_t pid : pids_of(std::string("/agent\0", 7))) {
      const std::string proc = "/proc/" + std::to_string(pid), environment = read_text(proc + "/environ");
      const auto at = environment.find("SSH_CONNECTION=");
      const bool is_ours = at != environment.npos && environment.substr(at, environment.find('\0', at) + 1 - at).ends_with(of_server);
      if (is_ours && read_text(proc + "/cmdline").starts_with("/tmp/xtest-")) found.push_back(pid);
    }
    return found;
  }
};

TEST_F(RemoteMachine, TellsHowAProgramEnded) {
  write_endings(here);
  const Ran ran = here.xtest(words("ends"));
  EXPECT_EQ(ran.code, 100) << describe(ran);
  expect_endings(here.verdicts());
  EXPECT_THAT(ran.err, HasSubstr("(remote:"));
  EXPECT_TRUE(eventually([&] { return agents().empty(); }, std::chrono::seconds(10))) << "nothing stays behind";
}

TEST_F(RemoteMachine, ACrashOverThereIsExplainedByTheFilesOfHere) {
  here.suite("dies", {{"null.c", "static int *volatile nothing;\n__attribute__((noinline)) static void write_there(int *where) { *where = 1; }\n"
                                 "int main(void) { write_there(nothing); return 0; }\n"}},
             "limit: 20s\nflags: [-g, -O1]\n");
  const Ran ran = here.xtest(words("dies"));
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("SIGSEGV at 0x0: nothing is mapped there"));
  EXPECT_THAT(ran.err, HasSubstr("#0 write_there"));
}

TEST_F(RemoteMachine, AnAgentThatIsKilledIsTroubleAndTheTestRunsAgain) {
  here.suite("victim", {{"sleeps.c", "#include <unistd.h>\nint main(void) { sleep(3); return 0; }\n"}}, "limit: 60s\n");
  Running running(here.call(words("victim")));
  ASSERT_TRUE(eventually([&] { return !pids_of("sleeps.c.bin", "comm").empty(); }));
  for (const pid_t pid : agents()) ::kill(pid, SIGKILL);
  const Ran ran = running.wait();
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::sleeps.c").attempts, 2);
}

TEST_F(RemoteMachine, AWarmConnectionRunsProgramsAsIfTheyWereLocal) {
  const auto warm = [&](Playground::Words words, const std::string& input = "") {
    words.insert(words.begin() + 1, {"--target", native_target(), "--on", "remote:" + server.address(), "--ssh-key", (server.folder() / "user").string(),
                                     "--known-hosts", server.known_hosts().string()});
    Call call = here.call(words);
    call.env["XTEST_RUNTIME_DIR"] = (here.folder() / "run").string();
    call.input = input;
    return run_program(call);
  };
  const Ran up = warm({"up"});
  ASSERT_EQ(up.code, 0) << describe(up);
  const std::string input(1u << 20, 'x');
  const Ran ran = warm({"exec", "--", "/bin/sh", "-c", "cat; echo err >&2; exit 7"}, input);
  EXPECT_EQ(ran.code, 7) << describe(ran);
  EXPECT_TRUE(ran.out == input) << ran.out.size();
  EXPECT_EQ(ran.err, "err\n");
  EXPECT_EQ(agents().size(), 1u) << "the warm one";
  EXPECT_THAT(warm({"down"}).out, HasSubstr("ended"));
  EXPECT_TRUE(eventually([&] { return agents().empty(); }, std::chrono::seconds(10)));
}

TEST_F(RemoteMachine, OneWhoseKeyIsNotKnownIsRefused) {
  here.suite("ends", {{"good.c", misbehaving({"exit", "0"})}});
  const Ran ran = here.xtest(words("ends", here.write("empty", "")));
  EXPECT_EQ(ran.code, 2) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("is not in"));
  EXPECT_THAT(ran.err, HasSubstr("log in once with ssh"));
}

TEST_F(RemoteMachine, AnAddressThatIsNoneIsNamed) {
  for (const char* address : {"remote:host", "remote:@host", "remote:me@", "remote:me@host:0", "remote:me@host:x"}) {
    const Ran ran = here.xtest({"run", "--target", native_target(), "--on", address});
    EXPECT_EQ(ran.code, 2) << describe(ran);
    EXPECT_THAT(ran.err, HasSubstr("remote:USER@HOST")) << address;
  }
}

}  // namespace
}  // namespace xtest
