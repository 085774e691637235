// SPDX-License-Identifier: Apache-2.0
// Real children that misbehave (tests/helpers/misbehave.c), run by run_process() and Child.
#include "runner/base/process.h"

#include "runner/base/capture.h"
#include "runner/base/fd.h"
#include "runner/base/offload.h"
#include "tests/support/run_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;
using testing::HasSubstr;

class Process : public testing::Test {
 protected:
  ProcessSpec misbehave(std::vector<std::string> arguments) {
    ProcessSpec spec;
    spec.argv = {XTEST_MISBEHAVE};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    return spec;
  }
  Completion run(ProcessSpec spec) {
    const auto begin = std::chrono::steady_clock::now();
    auto completion = run_task(io_, run_process(std::move(spec)));
    took_ = std::chrono::steady_clock::now() - begin;
    return completion;
  }
  Completion run(std::vector<std::string> arguments) { return run(misbehave(std::move(arguments))); }

  asio::io_context io_;
  std::chrono::steady_clock::duration took_{};
};

// A zombie is dead.
bool is_alive(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  return file >> number >> name >> state && state != "Z" && state != "X";
}

TEST_F(Process, TellsTheExitCode) { EXPECT_EQ(describe(run({"exit", "42"}).how), "exited with 42"); }

TEST_F(Process, TellsASignalByNumberAndName) {
  EXPECT_EQ(run({"signal", "11"}).how, Termination(Signalled(SIGSEGV, "SEGV")));
}

TEST_F(Process, SeparatesStdoutAndStderr) {
  const auto out = run({"print", "5"});
  EXPECT_EQ(out.out.text, "xxxxx");
  EXPECT_EQ(out.err.text, "");
  const auto err = run({"print", "7", "err"});
  EXPECT_EQ(err.out.text, "");
  EXPECT_EQ(err.err.text, "xxxxxxx");
}

TEST_F(Process, KeepsEveryByteAsItIs) {
  const std::string want("bad \xff\xfe utf-8, nul \0, \x1b[31mansi\x1b[0m, ]]> and \r\n", 46);
  const auto completion = run({"bytes"});
  EXPECT_EQ(completion.out.text, want);
  EXPECT_EQ(completion.out.total, want.size());
}

TEST_F(Process, CapsTheOutputAndCountsWhatItLeftOut) {
  auto spec = misbehave({"print", "5000000"});
  spec.out_head = 1000;
  spec.out_tail = 100;
  const auto completion = run(spec);
  EXPECT_EQ(completion.out.text.size(), 1100u);
  EXPECT_EQ(completion.out.head, 1000u);
  EXPECT_EQ(completion.out.skipped, 5000000u - 1100u);
  EXPECT_EQ(completion.out.total, 5000000u);
}

TEST_F(Process, KillsTheWholeGroupWhenTheLimitPasses) {
  auto spec = misbehave({"hang"});
  spec.limit = 200ms;
  const auto completion = run(spec);
  EXPECT_EQ(describe(completion.how), "ran into its time limit");
  EXPECT_THAT(completion.evidence, HasSubstr(" misbehave\n"));
  EXPECT_GE(took_, 200ms);
  EXPECT_LT(took_, 2s);
}

TEST_F(Process, KillsAStoppedProgramLikeAHang) {
  auto spec = misbehave({"stop-self"});
  spec.limit = 200ms;
  const auto completion = run(spec);
  EXPECT_EQ(completion.how, Termination(TimedOut{}));
  EXPECT_THAT(completion.evidence, HasSubstr(" T "));
}

TEST_F(Process, AProgramThatIgnoresTermDiesAtItsLimit) {
  auto spec = misbehave({"ignore-term"});
  spec.limit = 200ms;
  const auto completion = run(spec);
  EXPECT_EQ(completion.how, Termination(TimedOut{}));
  EXPECT_EQ(completion.out.text, "ready\n");
}

TEST_F(Process, AKillByItselfIsNoTimeout) {
  auto spec = misbehave({"signal", "9"});
  spec.limit = 5s;
  EXPECT_EQ(run(spec).how, Termination(Signalled(SIGKILL, "KILL")));
}

TEST_F(Process, ExitedIsDoneEvenIfAChildHoldsThePipes) {
  const auto completion = run({"fork-and-exit"});
  EXPECT_EQ(completion.how, Termination(Exited{0}));
  ASSERT_EQ(completion.strays.size(), 1u);
  EXPECT_THAT(completion.strays[0], HasSubstr(" misbehave"));
  EXPECT_LT(took_, 3s);
  const pid_t stray = std::stoi(completion.strays[0]);
  for (int tries = 0; tries < 500 && is_alive(stray); ++tries) std::this_thread::sleep_for(10ms);   // dying takes a moment
  EXPECT_FALSE(is_alive(stray));
}

TEST_F(Process, DoesNotWaitForADaemonThatHoldsThePipes) {
  const auto completion = run({"daemonize"});
  EXPECT_EQ(completion.how, Termination(Exited{0}));
  EXPECT_LT(took_, 3s);
}

TEST_F(Process, ClosingAllDescriptorsIsNotExiting) { EXPECT_EQ(run({"close-all-fds"}).how, Termination(Exited{5})); }

TEST_F(Process, ChildrenGetDefaultSignalsAnEmptyMaskAndASessionOfTheirOwn) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, mask;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &blocked, &mask);
  const auto completion = run({"signals"});
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  std::signal(SIGPIPE, before);
  EXPECT_EQ(completion.out.text, "session own\n");
}

TEST_F(Process, ChildrenSeeNoDescriptorAboveTwo) {
  const UniqueFd leak(::open("/dev/null", O_RDONLY));
  EXPECT_EQ(run({"fds"}).out.text, "0\n1\n2\n");
}

TEST_F(Process, PassesDescriptorsUnderTheirNewNumbersAlsoWhenTheyOverlap) {
  auto first = make_pipe();
  auto second = make_pipe();
  auto spec = misbehave({"fds"});
  spec.pass_fds = {{first.write.get(), second.write.get()}, {second.write.get(), first.write.get()}};
  const auto completion = run(spec);
  EXPECT_THAT(completion.out.text, HasSubstr("\n" + std::to_string(first.write.get()) + "\n"));
  EXPECT_THAT(completion.out.text, HasSubstr("\n" + std::to_string(second.write.get()) + "\n"));
  EXPECT_THAT(completion.out.text, testing::Not(HasSubstr("\n" + std::to_string(first.read.get()) + "\n")));
}

TEST_F(Process, TheEnvironmentIsExact) {
  auto spec = misbehave({"env"});
  EXPECT_EQ(run(spec).out.text, "");
  spec.env = {"A=1", "B=two words"};
  EXPECT_EQ(run(spec).out.text, "A=1\nB=two words\n");
}

TEST_F(Process, StdinIsNullUnlessADescriptorIsGiven) {
  EXPECT_EQ(run({"stdin"}).out.text, "");
  auto pipe = make_pipe();
  ASSERT_EQ(::write(pipe.write.get(), "hello", 5), 5);
  pipe.write.reset();
  auto spec = misbehave({"stdin"});
  spec.stdin_fd = pipe.read.get();
  EXPECT_EQ(run(spec).out.text, "hello");
}

TEST_F(Process, MeasuresWhatItCosts) {
  const auto completion = run({"eat", "30"});
  EXPECT_GE(completion.usage.max_rss_kib, 30 * 1024);
  EXPECT_GT(completion.usage.wall, 0us);
  EXPECT_GT(completion.usage.user + completion.usage.system, 0us);
}

TEST_F(Process, SaysWhyAProgramCannotBeStarted) {
  ProcessSpec spec;
  spec.argv = {"/proc/nonexistent/program"};
  EXPECT_EQ(describe(run(spec).how),
            "could not be started: cannot start '/proc/nonexistent/program': No such file or directory");
  spec.argv = {"no-such-program"};
  spec.env = {"PATH=/usr/bin:/bin"};
  EXPECT_EQ(describe(run(spec).how),
            "could not be started: cannot start 'no-such-program': not found on PATH (/usr/bin:/bin)");
  spec = misbehave({"exit", "0"});
  spec.cwd = "/proc/nonexistent";
  EXPECT_THAT(describe(run(spec).how), HasSubstr("in '/proc/nonexistent': no such folder"));
}

TEST_F(Process, StartsInItsFolder) {
  auto spec = misbehave({"cwd"});
  spec.cwd = "/usr";
  EXPECT_EQ(run(spec).out.text, "/usr\n");
}

TEST_F(Process, CancellingKillsTheGroupAndThrows) {
  const auto begin = std::chrono::steady_clock::now();
  const auto problem = cancel_after(io_, run_process(misbehave({"hang"})), 100ms);
  ASSERT_TRUE(problem);
  try {
    std::rethrow_exception(problem);
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::operation_aborted);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
}

TEST_F(Process, DestroyingTheContextKillsWhatRuns) {
  {
    asio::io_context io;
    asio::co_spawn(io, run_process(misbehave({"hang"})), asio::detached);
    io.run_for(100ms);
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
}

TEST_F(Process, ManyRunAtTheSameTime) {
  int good = 0;
  for (int i = 0; i < 20; ++i) {
    asio::co_spawn(io_, run_process(misbehave({"print", "100000"})), [&](std::exception_ptr, const Completion& completion) {
      if (exited_with(completion, 0) && completion.out.text.size() == 100000) ++good;
    });
  }
  io_.run();
  EXPECT_EQ(good, 20);
}

TEST_F(Process, AChildIsAwaitedAndKilledInItsDestructor) {
  auto quick = Child::spawn(io_.get_executor(), misbehave({"exit", "7"}));
  ASSERT_TRUE(quick.has_value()) << quick.error();
  EXPECT_EQ(run_task(io_, quick->wait()), Termination(Exited{7}));
  EXPECT_EQ(run_task(io_, quick->wait()), Termination(Exited{7})) << "a second wait";
  pid_t pid = 0;
  {
    auto slow = Child::spawn(io_.get_executor(), misbehave({"hang"}));
    ASSERT_TRUE(slow.has_value()) << slow.error();
    pid = slow->pid();
    EXPECT_FALSE(slow->exited_within(10ms));
    EXPECT_TRUE(is_alive(pid));
  }
  EXPECT_FALSE(is_alive(pid));
}

TEST_F(Process, WhatAChildLeavesInItsGroupDiesWithIt) {
  auto spec = misbehave({"fork-and-exit"});
  auto pipe = make_pipe();
  spec.pass_fds = {{pipe.write.get(), 1}};
  auto child = Child::spawn(io_.get_executor(), spec);
  ASSERT_TRUE(child.has_value()) << child.error();
  pipe.write.reset();
  EXPECT_EQ(run_task(io_, child->wait()), Termination(Exited{0}));
  char byte;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 0) << "somebody still holds the pipe";
}

TEST(FindProgram, TakesTheFirstExecutableFileOnThePath) {
  EXPECT_EQ(find_program("sh", "/proc/nonexistent:/bin:/usr/bin"), std::filesystem::path("/bin/sh"));
  EXPECT_EQ(find_program("/bin/sh", ""), std::filesystem::path("/bin/sh"));
  EXPECT_EQ(find_program("passwd", "/etc"), std::nullopt) << "not executable";
  EXPECT_EQ(find_program("apt", "/etc"), std::nullopt) << "a folder";
  EXPECT_EQ(find_program("", "/bin"), std::nullopt);
}

TEST(CleanEnvironment, TakesNothingOfTheUsersAndLetsExtraWin) {
  ::setenv("XTEST_SHOULD_NOT_SHOW", "1", 1);
  const auto env = clean_environment({"HOME=/tmp/x", "CC=gcc"});
  EXPECT_THAT(env, testing::Contains("HOME=/tmp/x"));
  EXPECT_THAT(env, testing::Contains("CC=gcc"));
  EXPECT_THAT(env, testing::Contains(testing::StartsWith("PATH=")));
  EXPECT_THAT(env, testing::Not(testing::Contains(testing::StartsWith("XTEST_SHOULD_NOT_SHOW"))));
  EXPECT_EQ(std::count_if(env.begin(), env.end(), [](const auto& e) { return e.starts_with("HOME="); }), 1);
}

TEST(Capture, KeepsAllWhenItFitsAndHeadAndTailWhenNot) {
  Capture fits(4, 4);
  fits.add("abc");
  fits.add("defgh");
  auto output = fits.take();
  EXPECT_EQ(output.text, "abcdefgh");
  EXPECT_EQ(output.skipped, 0u);
  EXPECT_EQ(output.head, 8u);
  Capture cut(4, 2);
  for (char c = 'a'; c <= 'z'; ++c) cut.add(std::string(1, c));
  output = cut.take();
  EXPECT_EQ(output.text, "abcdyz");
  EXPECT_EQ(output.skipped, 20u);
  EXPECT_EQ(output.head, 4u);
  EXPECT_EQ(output.total, 26u);
}

TEST(SignalName, KnowsCommonRealTimeAndUnknownSignals) {
  EXPECT_EQ(signal_name(SIGSEGV), "SEGV");
  EXPECT_EQ(signal_name(SIGRTMIN + 2), "RTMIN+2");
  EXPECT_EQ(signal_name(99), "SIG99");
}

TEST(Offload, GivesValuesAndExceptionsBackOnTheCallersThread) {
  asio::io_context io;
  Offload offload;
  const auto here = std::this_thread::get_id();
  const auto there = run_task(io, offload.run([] { return std::this_thread::get_id(); }));
  EXPECT_NE(there, here);
  auto back = [&]() -> Task<bool> {
    co_await offload.run([] {});
    co_return std::this_thread::get_id() == here;
  };
  EXPECT_TRUE(run_task(io, back()));
  EXPECT_THROW(run_task(io, offload.run([]() -> int { throw std::runtime_error("no"); })), std::runtime_error);
}

}  // namespace
}  // namespace xtest
