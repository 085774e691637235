// SPDX-License-Identifier: Apache-2.0
// The real agent, running children that misbehave (tests/helpers/misbehave.c).
#include "emulators/agent/client.h"

#include "emulators/agent/wire.h"
#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/process.h"
#include "tests/support/run_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <csignal>
#include <fstream>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

// A zombie is dead.
bool is_alive(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  return file >> number >> name >> state && state != "Z" && state != "X";
}

std::string name_of_stray(const std::string& stray) { return stray.substr(stray.find(' ') + 1); }

AgentCommand misbehave(std::vector<std::string> arguments) {
  AgentCommand command;
  command.argv = {XTEST_MISBEHAVE};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.limits.wall = 10s;
  return command;
}

class Agent : public testing::Test {
 protected:
  Agent() {
    std::string pattern = fs::temp_directory_path() / "xtest-agent-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Agent() override {
    client_.reset();
    fs::remove_all(folder_);
  }

  AgentClient& client(std::vector<std::string> extra = {}) {
    if (client_) return *client_;
    AgentOptions options;
    options.agent_path = XTEST_AGENT;
    options.extra_args = std::move(extra);
    client_ = run_task(io_, AgentClient::start(std::move(options)));
    return *client_;
  }
  Completion run(AgentCommand command) {
    auto& agent = client();
    const auto begin = std::chrono::steady_clock::now();
    auto completion = run_task(io_, agent.run(std::move(command)));
    took_ = std::chrono::steady_clock::now() - begin;
    return completion;
  }
  Completion run(std::vector<std::string> arguments) { return run(misbehave(std::move(arguments))); }
  void launch(AgentCommand command) {
    const auto at = ended_.size();
    ended_.emplace_back();
    asio::co_spawn(io_, client().run(std::move(command)),
                   [this, at](std::exception_ptr problem, Completion completion) {
                     ended_[at] = problem ? std::nullopt : std::optional(std::move(completion));
                   });
  }
  void run_until_all_ended() {
    io_.restart();
    while (!std::ranges::all_of(ended_, [](const auto& one) { return one.has_value(); })) io_.run_one();
  }

  asio::io_context io_;
  fs::path folder_;
  std::unique_ptr<AgentClient> client_;
  std::vector<std::optional<Completion>> ended_;
  std::chrono::steady_clock::duration took_{};
};

TEST_F(Agent, GreetsWithItsSystem) { EXPECT_THAT(client().system(), testing::StartsWith("Linux ")); }

TEST_F(Agent, TellsExitCodesAndSignals) {
  EXPECT_EQ(run({"exit", "42"}).how, Termination(Exited{42}));
  EXPECT_EQ(run({"signal", "11"}).how, Termination(Signalled(SIGSEGV, "SEGV")));
  EXPECT_EQ(run({"signal", "9"}).how, Termination(Signalled(SIGKILL, "KILL")));
  EXPECT_EQ(run({"sigpipe"}).how, Termination(Signalled(SIGPIPE, "PIPE")));
}

TEST_F(Agent, SeparatesStdoutAndStderrAndKeepsEveryByte) {
  EXPECT_EQ(run({"print", "5"}).out.text, "xxxxx");
  EXPECT_EQ(run({"print", "5", "err"}).err.text, "xxxxx");
  EXPECT_EQ(run({"bytes"}).out.text,
            std::string("bad \xff\xfe utf-8, nul \0, \x1b[31mansi\x1b[0m, ]]> and \r\n", 46));
}

TEST_F(Agent, CapsTheOutputAndCountsWhatItLeftOut) {
  auto command = misbehave({"print", "5000000"});
  command.limits.out_head = 1000;
  command.limits.out_tail = 100;
  const auto completion = run(command);
  EXPECT_EQ(completion.out.text.size(), 1100u);
  EXPECT_EQ(completion.out.head, 1000u);
  EXPECT_EQ(completion.out.skipped, 5000000u - 1100u);
  EXPECT_EQ(completion.out.total, 5000000u);
}

TEST_F(Agent, KeepsTheOrderAroundTheGap) {
  auto command = misbehave({});
  command.argv = {"/bin/sh", "-c", "i=0; while [ $i -lt 1000 ]; do printf %03d $i; i=$((i+1)); done"};
  command.limits.out_head = 6;
  command.limits.out_tail = 9;
  EXPECT_EQ(run(command).out.text, "000001997998999");
  command.limits.out_tail = 0;
  EXPECT_EQ(run(command).out.text, "000001");
  command.limits.out_tail = 2994;
  const auto whole = run(command);
  EXPECT_EQ(whole.out.text.size(), 3000u);
  EXPECT_EQ(whole.out.skipped, 0u);
}

TEST_F(Agent, GivesCreditForOutputBeyondTheFirstWindow) {
  auto command = misbehave({"print", "3000000"});
  command.limits.out_head = 4u << 20;
  const auto completion = run(command);
  EXPECT_EQ(completion.how, Termination(Exited{0}));
  EXPECT_EQ(completion.out.text.size(), 3000000u);
}

TEST_F(Agent, KillsTheTreeAtTheWallLimitAndTellsWhatItSaw) {
  auto command = misbehave({"fork-many", "5"});
  command.limits.wall = 200ms;
  const auto completion = run(command);
  EXPECT_EQ(completion.how, Termination(TimedOut{}));
  EXPECT_EQ(std::ranges::count(completion.evidence, '\n'), 6) << completion.evidence;
  EXPECT_THAT(completion.strays, testing::IsEmpty());
  EXPECT_LT(took_, 2s);
  std::istringstream lines(completion.evidence);
  for (std::string line; std::getline(lines, line);) EXPECT_FALSE(is_alive(std::stoi(line))) << line;
}

TEST_F(Agent, KillsStoppedAndStubbornProgramsLikeAHang) {
  for (const auto* what : {"stop-self", "ignore-term", "hang", "burn"}) {
    auto command = misbehave({what});
    command.limits.wall = 150ms;
    EXPECT_EQ(run(command).how, Termination(TimedOut{})) << what;
    EXPECT_LT(took_, 2s) << what;
  }
}

TEST_F(Agent, TheCpuLimitEndsWhatBurns) {
  auto command = misbehave({"burn"});
  command.cpu = 1s;
  command.limits.wall = 100s;
  const auto how = run(command).how;
  ASSERT_TRUE(std::holds_alternative<Signalled>(how)) << describe(how);
  EXPECT_THAT(std::get<Signalled>(how).name, testing::AnyOf("XCPU", "KILL"));
}

TEST_F(Agent, TheAddressSpaceLimitIsSet) {
  auto command = misbehave({"eat", "200"});
  command.address_space = 64u << 20;
  EXPECT_EQ(run(command).how, Termination(Exited{3}));
  EXPECT_EQ(run({"eat", "100"}).how, Termination(Exited{0})) << "the limit outlived its run";
}

TEST_F(Agent, MeasuresWhatARunCosts) {
  const auto completion = run({"eat", "30"});
  EXPECT_GE(completion.usage.max_rss_kib, 30 * 1024);
  EXPECT_GT(completion.usage.wall.count(), 0);
  EXPECT_GT((completion.usage.user + completion.usage.system).count(), 0);
}

TEST_F(Agent, NamesAndKillsWhatSurvivesHoweverItDetached) {
  for (const auto* what : {"fork-and-exit", "setsid-child", "daemonize", "quiet-orphan"}) {
    const auto completion = run({what});
    EXPECT_EQ(completion.how, Termination(Exited{0})) << what;
    ASSERT_EQ(completion.strays.size(), 1u) << what;
    EXPECT_EQ(name_of_stray(completion.strays[0]), "misbehave") << what;
    EXPECT_FALSE(is_alive(std::stoi(completion.strays[0]))) << what;
    EXPECT_LT(took_, 2s) << what;
  }
  EXPECT_THAT(run({"exit", "0"}).strays, testing::IsEmpty()) << "a stray was blamed on the next run";
}

TEST_F(Agent, AnOrphanThatEndsInTimeIsNoStray) {
  auto command = misbehave({});
  command.argv = {"/bin/sh", "-c", "sleep 0.05 >/dev/null 2>&1 &"};
  const auto completion = run(command);
  EXPECT_EQ(completion.how, Termination(Exited{0}));
  EXPECT_THAT(completion.strays, testing::IsEmpty());
}

TEST_F(Agent, ClosingAllDescriptorsIsNotExiting) { EXPECT_EQ(run({"close-all-fds"}).how, Termination(Exited{5})); }

TEST_F(Agent, ProgramsSeeACleanProcess) {
  EXPECT_EQ(run({"signals"}).out.text, "session own\n");
  EXPECT_EQ(run({"fds"}).out.text, "0\n1\n2\n");
  EXPECT_EQ(run({"umask"}).out.text, "0022\n");
  EXPECT_EQ(run({"env"}).out.text, "");
  auto command = misbehave({"env"});
  command.env = {"A=1", "B=x y"};
  EXPECT_EQ(run(command).out.text, "A=1\nB=x y\n");
}

TEST_F(Agent, StdinIsNullOrWhatIsGiven) {
  EXPECT_EQ(run({"stdin"}).out.text, "");
  auto command = misbehave({"stdin"});
  command.stdin_data = std::string(3000000, 'y');
  command.limits.out_head = 4u << 20;
  EXPECT_EQ(run(command).out.text, command.stdin_data);
  command = misbehave({"exit", "3"});
  command.stdin_data = std::string(3000000, 'y');
  EXPECT_EQ(run(command).how, Termination(Exited{3})) << "a program may leave its stdin unread";
}

TEST_F(Agent, PassesDescriptorsInTheOrderOfTheRuns) {
  auto out = make_pipe();
  auto null = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const auto* text : {"one ", "two ", "three"}) {
    AgentCommand command;
    command.argv = {"/bin/echo", "-n", text};
    command.pass_fds = std::array{null.get(), out.write.get(), null.get()};
    launch(command);
  }
  run_until_all_ended();
  for (const auto& one : ended_) EXPECT_EQ(one->how, Termination(Exited{0}));
  char text[64];
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(::read(out.read.get(), text, sizeof text))), "one two three");
}

TEST_F(Agent, AFreshFolderIsMadeAndRemovedWhateverIsLeftInIt) {
  for (const auto* what : {"cwd", "fill-dir", "rm-cwd"}) {
    auto command = misbehave({what});
    command.cwd = folder_ / "deep" / "er" / what;
    command.fresh_cwd = true;
    const auto completion = run(command);
    EXPECT_EQ(completion.how, Termination(Exited{0})) << what;
    EXPECT_FALSE(fs::exists(command.cwd)) << what;
    EXPECT_EQ(completion.evidence, "") << what;
  }
  EXPECT_TRUE(fs::exists("/etc/passwd")) << "a symbolic link was followed";
}

TEST_F(Agent, AKeptFolderStays) {
  auto command = misbehave({"cwd"});
  command.cwd = folder_ / "kept";
  command.fresh_cwd = command.keep_cwd = true;
  EXPECT_EQ(run(command).out.text, fs::canonical(folder_).string() + "/kept\n");
  EXPECT_TRUE(fs::exists(command.cwd));
}

TEST_F(Agent, SaysWhyAProgramCannotBeStarted) {
  auto command = misbehave({});
  command.argv = {"/proc/nonexistent"};
  EXPECT_EQ(run(command).how, Termination(NotStarted{"cannot start '/proc/nonexistent': No such file or directory"}));
  command.argv = {"/etc/passwd"};
  EXPECT_EQ(run(command).how, Termination(NotStarted{"cannot start '/etc/passwd': Permission denied"}));
  command = misbehave({"exit", "0"});
  command.cwd = "/proc/nonexistent";
  EXPECT_EQ(run(command).how, Termination(NotStarted{"cannot enter '/proc/nonexistent': No such file or directory"}));
  command.cwd = "/proc/proc/nonexistent/x";
  command.fresh_cwd = true;
  EXPECT_THAT(describe(run(command).how), HasSubstr("cannot make the folder '/proc/proc/nonexistent/x': "));
  EXPECT_EQ(run({"exit", "0"}).how, Termination(Exited{0}));
}

TEST_F(Agent, SaysThatTheLoaderIsMissing) {
  const auto script = folder_ / "script";
  std::ofstream(script) << "#!/proc/nonexistent/loader\n";
  fs::permissions(script, fs::perms::owner_all);
  auto command = misbehave({});
  command.argv = {script};
  EXPECT_THAT(describe(run(command).how), HasSubstr("its dynamic loader or interpreter does not"));
}

TEST_F(Agent, RunsInFlightAreDoneInOrderOneAfterAnother) {
  const auto file = folder_ / "order";
  for (int i = 0; i < 50; ++i) {
    AgentCommand command;
    command.argv = {"/bin/sh", "-c", "echo $0 >> \"$1\"; exit $0", std::to_string(i), file};
    launch(command);
  }
  run_until_all_ended();
  std::ifstream lines(file);
  for (int i = 0; i < 50; ++i) {
    int number = -1;
    lines >> number;
    EXPECT_EQ(number, i);
    EXPECT_EQ(ended_[static_cast<std::size_t>(i)]->how, Termination(Exited{i}));
  }
}

TEST_F(Agent, ADeadAgentLosesEveryRunAndTheFirstIsTheSuspect) {
  AgentCommand first;
  first.argv = {"/bin/sh", "-c", "kill -9 $PPID; sleep 5"};
  launch(first);
  launch(misbehave({"exit", "0"}));
  run_until_all_ended();
  ASSERT_TRUE(std::holds_alternative<Lost>(ended_[0]->how)) << describe(ended_[0]->how);
  EXPECT_TRUE(std::get<Lost>(ended_[0]->how).suspect);
  EXPECT_THAT(std::get<Lost>(ended_[0]->how).why, HasSubstr("killed by KILL"));
  ASSERT_TRUE(std::holds_alternative<Lost>(ended_[1]->how)) << describe(ended_[1]->how);
  EXPECT_FALSE(std::get<Lost>(ended_[1]->how).suspect);
  EXPECT_FALSE(client_->alive());
  EXPECT_TRUE(std::holds_alternative<Lost>(run({"exit", "0"}).how)) << "a dead agent does not run anything";
}

TEST_F(Agent, APlacedFileIsThereForTheNextRun) {
  const std::string script = "#!/bin/sh\nexit 6\n" + std::string(3 << 20, '#');
  client().place(folder_ / "deep/er/script", 0755, script);
  AgentCommand command;
  command.argv = {folder_ / "deep/er/script"};
  EXPECT_EQ(run(command).how, Termination(Exited{6}));
  EXPECT_EQ(fs::file_size(folder_ / "deep/er/script"), script.size());
}

TEST_F(Agent, WhereAFileCouldNotBePlacedNothingIsStartedAndNobodyIsBlamed) {
  client().place("/proc/nothing/can/be/made/here", 0755, "x");
  const Completion completion = [&] {
    auto command = misbehave({"exit", "0"});
    command.cwd = folder_ / "fresh";
    command.fresh_cwd = true;
    return run(command);
  }();
  ASSERT_TRUE(std::holds_alternative<Lost>(completion.how)) << describe(completion.how);
  EXPECT_FALSE(std::get<Lost>(completion.how).suspect);
  EXPECT_THAT(std::get<Lost>(completion.how).why, HasSubstr("cannot write '/proc/nothing/can/be/made/here'"));
}

TEST_F(Agent, TimeInWhichTheAgentWasStoppedIsNotTheProgramsTime) {
  AgentCommand command;
  command.argv = {"/bin/sh", "-c", "(sleep 4; kill -CONT $PPID) & kill -STOP $PPID; sleep 6"};
  command.limits.wall = 3s;
  EXPECT_EQ(run(command).how, Termination(Exited{0}));
}

TEST_F(Agent, CancellingARunKillsItsProgramAndSparesTheNext) {
  auto command = misbehave({"ignore-term"});
  command.cwd = folder_ / "cancelled";
  command.fresh_cwd = true;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(cancel_after(io_, client().run(command), 100ms));
  EXPECT_EQ(run({"exit", "4"}).how, Termination(Exited{4}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 8s) << "its own limit came first";
  EXPECT_FALSE(fs::exists(command.cwd));
}

TEST_F(Agent, ACancelledRunThatHasNotStartedNeverStarts) {
  const auto mark = folder_ / "mark";
  AgentCommand slow, never;
  slow.argv = {"/bin/sleep", "0.3"};
  never.argv = {"/usr/bin/touch", mark};
  launch(slow);
  EXPECT_TRUE(cancel_after(io_, client().run(never), 100ms));
  run_until_all_ended();
  EXPECT_EQ(run({"exit", "0"}).how, Termination(Exited{0}));
  EXPECT_FALSE(fs::exists(mark));
}

TEST_F(Agent, TheDestructorKillsWhatRunsAndRemovesItsFolder) {
  auto command = misbehave({"hang"});
  command.argv = {"/bin/sh", "-c", "echo $$ > ../pid; setsid sleep 60 & sleep 60"};
  command.env = {"PATH=/usr/bin:/bin"};
  command.cwd = folder_ / "fresh";
  command.fresh_cwd = true;
  launch(command);
  io_.run_for(200ms);
  pid_t pid = 0;
  ASSERT_TRUE(std::ifstream(folder_ / "pid") >> pid);
  EXPECT_TRUE(is_alive(pid));
  client_.reset();
  EXPECT_FALSE(is_alive(pid));
  EXPECT_FALSE(fs::exists(command.cwd));
  run_until_all_ended();
  EXPECT_EQ(describe(ended_[0]->how), "was lost: the session was closed");
}

TEST_F(Agent, CloseIsPoliteAndCanBeRepeated) {
  EXPECT_EQ(run({"exit", "0"}).how, Termination(Exited{0}));
  run_task(io_, client().close());
  run_task(io_, client().close());
  EXPECT_FALSE(client().alive());
}

TEST_F(Agent, AnUnknownOptionOrFileIsAnErrorOfTheMachine) {
  EXPECT_THROW(client({"--no-such-option"}), Error);
  AgentOptions options;
  options.agent_path = "/proc/nonexistent/agent";
  EXPECT_THROW(run_task(io_, AgentClient::start(options)), Error);
}

TEST_F(Agent, AnAgentThatDoesNotGreetIsGivenUp) {
  AgentOptions options;
  options.agent_path = "/bin/sleep";
  options.extra_args = {};
  options.patience = 200ms;
  EXPECT_THROW(run_task(io_, AgentClient::start(options)), Error);
}

// What a target program could try when it gets hold of the channel.
TEST(AgentChannel, AFrameWithAWrongNonceEndsTheAgent) {
  asio::io_context io;
  auto sockets = make_socket_pair();
  ProcessSpec spec;
  spec.argv = {XTEST_AGENT, "--fd", "3"};
  spec.pass_fds = {{sockets.theirs.get(), 3}};
  auto child = Child::spawn(io.get_executor(), spec);
  ASSERT_TRUE(child.has_value()) << child.error();
  const Nonce ours{1, 2, 3}, forged{};
  const auto frames = WireFrame(XA_HELLO, 0, ours).take() + WireFrame(XA_BYE, 0, forged).take();
  ASSERT_EQ(::send(sockets.ours.get(), frames.data(), frames.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(frames.size()));
  EXPECT_EQ(run_task(io, child->wait()), Termination(Exited{3}));
}

TEST(Wire, ReadsWhatItWroteAndNoticesACutFrame) {
  const Nonce nonce{9};
  const auto frame = WireFrame(XA_RUN, 7, nonce).u32(5).u64(1ull << 40).text("a b").texts({"", "c"}).take();
  const auto header = read_header(frame, nonce);
  EXPECT_TRUE(header.ours);
  EXPECT_EQ(header.seq, 7u);
  EXPECT_EQ(header.length, frame.size() - XA_HEADER);
  EXPECT_FALSE(read_header(frame, Nonce{8}).ours);
  WireReader reader(std::string_view(frame).substr(XA_HEADER));
  EXPECT_EQ(reader.u32(), 5u);
  EXPECT_EQ(reader.u64(), 1ull << 40);
  EXPECT_EQ(reader.text(), "a b");
  EXPECT_EQ(reader.u32(), 2u);
  EXPECT_EQ(reader.text(), "");
  EXPECT_EQ(reader.text(), "c");
  EXPECT_FALSE(reader.bad());
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_TRUE(reader.bad());
}

}  // namespace
}  // namespace xtest
