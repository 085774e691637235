// SPDX-License-Identifier: Apache-2.0
// What the agent sees of programs that really die and hang (tests/helpers/crash.c), and what it means.
#include "emulators/agent/client.h"
#include "emulators/diagnosis/explain.h"
#include "emulators/diagnosis/report.h"
#include "runner/base/process.h"
#include "tests/support/playground.h"
#include "tests/support/run_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Look : public testing::Test {
 protected:
  void SetUp() override {
#ifndef __x86_64__
    GTEST_SKIP() << "the instructions are those of x86_64";
#endif
    std::string pattern = fs::temp_directory_path() / "xtest-look-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    AgentOptions options;
    options.agent_path = XTEST_AGENT;
    client_ = run_task(io_, AgentClient::start(std::move(options)));
  }
  ~Look() override {
    client_.reset();
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  AgentCommand command(std::vector<std::string> argv, std::chrono::milliseconds limit) {
    AgentCommand command;
    command.argv = std::move(argv);
    command.cwd = folder_ / "run";
    command.fresh_cwd = true;
    command.limits.wall = limit;
    return command;
  }
  Completion watch(const std::string& how) {
    AgentCommand watched = command({XTEST_CRASH, how}, 60s);
    watched.watch = true;
    return run_task(io_, client_->run(std::move(watched)));
  }
  Completion hang(const std::string& how) { return run_task(io_, client_->run(command({XTEST_CRASH, how}, 700ms))); }
  std::string explain(const Completion& completion) {
    const auto objdump = find_program("objdump", "/usr/bin:/bin");
    return run_task(io_, explain_look(completion.look, "x86_64", objdump.value_or("")));
  }
  std::string death(const std::string& how) { return explain(watch(how)); }

  asio::io_context io_;
  fs::path folder_;
  std::unique_ptr<AgentClient> client_;
};

TEST_F(Look, ANullWriteIsToldWithItsInstructionItsRegisterAndItsCallers) {
  const std::string text = death("null");
  EXPECT_THAT(text, HasSubstr("SIGSEGV at 0x10: nothing is mapped there"));
  EXPECT_THAT(text, ContainsRegex("`movq \\$0x1,0x10\\(%rdi\\)` in write_field.*touches 0x10 \\(rdi = 0x0\\)"));
  EXPECT_THAT(text, HasSubstr("a null pointer, or a field of one"));
  EXPECT_THAT(text, ContainsRegex("#0 write_field.*crash\\.c:[0-9]+.*\n.*#1 main"));
}

TEST_F(Look, ThreadLocalStorageWithoutABaseIsNamed) {
  const std::string text = death("tls");
  EXPECT_THAT(text, HasSubstr("`mov %fs:0xfffffffffffffff8,%rax` in tls_without_base"));
  EXPECT_THAT(text, HasSubstr("the TLS base (fs_base) is 0: thread-local storage was not set up"));
}

TEST_F(Look, AStackOverflowIsToldByItsAddress) {
  const std::string text = death("overflow");
  EXPECT_THAT(text, HasSubstr("stack overflow: the stack ends at 0x"));
  EXPECT_THAT(text, ContainsRegex("#1 dig"));
}

TEST_F(Look, AbortAndDoubleFreeAreSentByTheProgramAndHaveTheirCallers) {
  EXPECT_THAT(death("abort"), AllOf(HasSubstr("SIGABRT, sent by the program itself"), ContainsRegex("#[0-9]+ main")));
  EXPECT_THAT(death("double-free"), AllOf(HasSubstr("SIGABRT, sent by the program itself"), ContainsRegex("#[0-9]+ free_twice")));
}

TEST_F(Look, AnIllegalInstructionAndABusErrorAreToldApart) {
  EXPECT_THAT(death("illegal"), AllOf(HasSubstr("SIGILL at 0x"), HasSubstr("`ud2` in main")));
  EXPECT_THAT(death("bus"), AllOf(HasSubstr("there is no such memory: beyond the end of a mapped file"), HasSubstr("in bus_error")));
}

TEST_F(Look, AJumpToNothingNamesWhoJumped) {
  const std::string text = death("jump");
  EXPECT_THAT(text, HasSubstr("it jumped to 0x0, where no code is: a null function pointer"));
  EXPECT_THAT(text, ContainsRegex("#1 call_nothing.*\n.*#2 main"));
}

TEST_F(Look, ACrashInAThreadIsTheThreadsOwn) {
  const Completion completion = watch("thread");
  EXPECT_EQ(completion.how, Termination(Signalled(SIGSEGV, "SEGV")));
  EXPECT_THAT(explain(completion), AllOf(ContainsRegex("#0 write_field"), ContainsRegex("#1 crash_in_thread")));
}

TEST_F(Look, WatchingChangesNoEnd) {
  EXPECT_EQ(watch("caught").how, Termination(Exited{7}));
  const Completion child = watch("child");
  EXPECT_EQ(child.how, Termination(Exited{9}));
  EXPECT_THAT(child.look, IsEmpty()) << "the death of a child is not the program's";
  EXPECT_EQ(watch("wrong word").how, Termination(Exited{64}));
}

TEST_F(Look, TheCoreFileIsSentWhereTheSystemWritesOne) {
  std::string pattern;
  std::getline(std::ifstream("/proc/sys/kernel/core_pattern") >> std::ws, pattern);
  const Completion completion = watch("null");
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  if (pattern.starts_with('|') || pattern.starts_with('/')) {
    EXPECT_THAT(completion.core, IsEmpty()) << "cores go to " << pattern;
    return;
  }
  ASSERT_GT(completion.core.size(), 4096u);
  EXPECT_EQ(completion.core.substr(0, 4), "\177ELF");
}

TEST_F(Look, AProgramThatIsNotWatchedLeavesNoCoreAndNoReport) {
  const Completion completion = run_task(io_, client_->run(command({XTEST_CRASH, "null"}, 60s)));
  EXPECT_EQ(completion.how, Termination(Signalled(SIGSEGV, "SEGV")));
  EXPECT_THAT(completion.look + completion.core, IsEmpty());
}

TEST_F(Look, ADeadlockIsToldFromSlowness) {
  const Completion completion = hang("deadlock");
  EXPECT_EQ(completion.how, Termination(TimedOut{}));
  const std::string text = explain(completion);
  EXPECT_THAT(text, HasSubstr("take_lock"));
  EXPECT_THAT(text, ContainsRegex("thread [0-9]+ crash: asleep"));
  if (completion.look.contains(" futex")) {   // where the kernel tells what it waits in
    EXPECT_THAT(text, HasSubstr("a deadlock, not slowness"));
  }
}

TEST_F(Look, ABusyLoopIsNamedByItsFunction) {
  EXPECT_THAT(explain(hang("spin")), AllOf(HasSubstr("it computes"), HasSubstr("running"), HasSubstr("#0 spin_here")));
}

TEST_F(Look, AProcessThatWaitsForItsChildIsShownWithTheChild) {
  const std::string text = explain(hang("wait-child"));
  EXPECT_THAT(text, HasSubstr("wait_child"));
  EXPECT_EQ(parse_look(hang("wait-child").look).processes.size(), 2u);
}

TEST_F(Look, AStoppedProcessIsCalledStopped) {
  EXPECT_THAT(explain(hang("stopped")), AllOf(HasSubstr("it is stopped (SIGSTOP"), HasSubstr("stopped by a signal")));
}

TEST_F(Look, AGoProgramPrintsItsGoroutinesBeforeItIsKilled) {
  const auto go = find_program("go", "/usr/local/bin:/usr/bin:/bin");
  if (!go) GTEST_SKIP() << "there is no go";
  const fs::path source = folder_ / "hang.go", program = folder_ / "hang";
  std::ofstream(source) << "package main\n\nfunc waits_for_nobody(c chan int) { <-c }\n\n"
                           "func main() { go func() { for {} }(); waits_for_nobody(make(chan int)) }\n";
  ProcessSpec spec;
  spec.argv = {go->string(), "build", "-o", program.string(), source.string()};
  spec.env = clean_environment({"GOCACHE=" + (folder_ / "cache").string(), "GOFLAGS=-mod=mod"});
  spec.cwd = folder_;
  spec.limit = std::chrono::minutes(5);
  const Completion built = run_task(io_, run_process(std::move(spec)));
  ASSERT_TRUE(exited_with(built, 0)) << built.err.text;
  const Completion completion = run_task(io_, client_->run(command({program.string()}, 700ms)));
  EXPECT_EQ(completion.how, Termination(TimedOut{}));
  EXPECT_THAT(completion.err.text, AllOf(HasSubstr("SIGQUIT: quit"), HasSubstr("main.waits_for_nobody")));
}

TEST_F(Look, WhatIsNoReportSaysNothing) {
  for (const char* text : {"", "process", "process 1\nthread\nsignal\nregisters zz\n", "map 1-2\nmemory\nprocess 1\nmap\nmemory f\n"})
    EXPECT_NO_THROW(run_task(io_, explain_look(text, "x86_64", ""))) << text;
}

}  // namespace
}  // namespace xtest
