// SPDX-License-Identifier: Apache-2.0
#include "runner/dialects/exit_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace xtest {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Completion ended(Termination how, std::string err = {}) {
  Completion completion;
  completion.how = std::move(how);
  completion.err.text = std::move(err);
  return completion;
}

TEST(ExitStatus, PassesOnlyWithZero) {
  EXPECT_EQ(observed_from_exit(ended(Exited{0})).status, Status::pass);
  const Observed observed = observed_from_exit(ended(Exited{263}));
  EXPECT_EQ(observed.status, Status::fail);
  EXPECT_EQ(observed.kind, "exit-code");
  EXPECT_EQ(observed.message, "exited with 263");
}

TEST(ExitStatus, IsNoPassWhereAnAccountIsOwed) {
  const Observed silent = observed_without_account(ended(Exited{0}));
  EXPECT_EQ(silent.status, Status::fail);
  EXPECT_EQ(silent.kind, "protocol");
  EXPECT_EQ(observed_without_account(ended(Exited{2})).kind, "exit-code");
  EXPECT_EQ(observed_without_account(ended(Signalled{6, "ABRT"})).kind, "abort");
}

TEST(ExitStatus, NamesTheSignalOfTheTarget) {
  const Observed observed = observed_from_exit(ended(Signalled{10, "BUS"}));
  EXPECT_EQ(observed.status, Status::crash);
  EXPECT_EQ(observed.kind, "signal");
  EXPECT_EQ(observed.message, "killed by BUS (10)");
}

TEST(ExitStatus, LeavesAKillToTheEnginesDoubt) {
  EXPECT_EQ(observed_from_exit(ended(Signalled{9, "KILL"})).status, Status::crash);
}

TEST(ExitStatus, NamesTheExceptionOfWindows) {
  const Observed known = observed_from_exit(ended(NtException{0xC00000FD}));
  EXPECT_EQ(known.status, Status::crash);
  EXPECT_EQ(known.kind, "nt-exception");
  EXPECT_EQ(known.message, "died of exception 0xC00000FD (stack overflow)");
  EXPECT_EQ(observed_from_exit(ended(NtException{0xE0000001})).message, "died of exception 0xE0000001");
}

TEST(ExitStatus, TellsAHangFromSlowness) {
  Completion completion = ended(TimedOut{});
  completion.usage.wall = 10s;
  completion.usage.user = 1s;
  EXPECT_EQ(observed_from_exit(completion).kind, "hang");
  completion.usage.user = 4s;
  completion.usage.system = 2s;
  const Observed slow = observed_from_exit(completion);
  EXPECT_EQ(slow.kind, "slow");
  EXPECT_EQ(slow.status, Status::timeout);
  completion.usage.user = completion.usage.system = 0s;
  EXPECT_EQ(observed_from_exit(completion).kind, "hang");
}

TEST(ExitStatus, ALoopOnABusyMachineIsSlowAndNoHang) {
  Completion completion = ended(TimedOut{});
  completion.usage.wall = 10s;
  completion.usage.user = 2s;
  completion.evidence = "42 S futex_wait sh\n43 R 0 loop\n";
  EXPECT_EQ(observed_from_exit(completion).kind, "slow");
  completion.evidence = "42 S futex_wait R loop\n";
  EXPECT_EQ(observed_from_exit(completion).kind, "hang");
  completion.usage.user = 100ms;
  completion.evidence = "43 R 0 just-awake\n";
  EXPECT_EQ(observed_from_exit(completion).kind, "hang");
}

TEST(ExitStatus, ShowsWhatHungProcessesWereDoing) {
  Completion completion = ended(TimedOut{}, "stuck\n");
  completion.evidence = "42 S futex_wait hang\n";
  EXPECT_THAT(observed_from_exit(completion).output,
              HasSubstr("[stderr]\nstuck\n[processes when the limit passed]\n42 S"));
}

TEST(ExitStatus, ShowsWhatWasSeenOfALostPlace) {
  Completion completion = ended(Lost{"the guest answers no more"}, "");
  completion.evidence = "the guest's console:\n";
  EXPECT_THAT(observed_from_exit(completion).output, HasSubstr("[when its place was lost]\nthe guest's console:"));
}

TEST(ExitStatus, BlamesTheMachineForWhatNeverRanOrWasLost) {
  const Observed refused = observed_from_exit(ended(NotStarted{"no loader", true}));
  EXPECT_EQ(refused.status, Status::fail) << "the loader that a port names is the port's";
  EXPECT_EQ(refused.kind, "not-executable");
  const Observed setup = observed_from_exit(ended(NotStarted{"no such file"}));
  EXPECT_EQ(setup.status, Status::infra);
  EXPECT_EQ(setup.kind, "setup");
  EXPECT_EQ(setup.message, "could not be started: no such file");
  EXPECT_EQ(observed_from_exit(ended(Lost{"agent died", false})).status, Status::infra);
}

TEST(ExitStatus, TakesQemusRemarkOutOfStderr) {
  const Observed observed = observed_from_exit(
      ended(Signalled{11, "SEGV"}, "one\nqemu: uncaught target signal 11 (Segmentation fault) - core dumped\ntwo\n"));
  EXPECT_EQ(observed.output, "[stderr]\none\ntwo\n");
  EXPECT_EQ(observed.status, Status::crash);
  EXPECT_EQ(strip_emulator_remarks("qemu: uncaught target signal 6 (Aborted) - core dumped"), "");
  EXPECT_EQ(strip_emulator_remarks("a qemu: uncaught target signal 6"), "a qemu: uncaught target signal 6");
}

constexpr const char* kAssertion =
    "ERROR:../accel/tcg/cpu-exec.c:928:cpu_exec_setjmp: assertion failed: (cpu == current_cpu)\n";
constexpr const char* kInternal = "QEMU internal SIGSEGV {code=MAPERR, addr=0x20}\n";
constexpr const char* kGuestSegv = "qemu: uncaught target signal 11 (Segmentation fault) - core dumped\n";
constexpr const char* kGuestAbort = "qemu: uncaught target signal 6 (Aborted) - core dumped\n";
constexpr const char* kNoMemory =
    "qemu-arm-static: Unable to reserve 0xfffff000 bytes of virtual address space at 0x1000 (Cannot allocate memory)\n";

Observed under_qemu(Termination how, std::string err, std::string out = {}) {
  Completion completion = ended(std::move(how), std::move(err));
  completion.out.text = std::move(out);
  completion.session = "qemu-user#1";
  return observed_from_exit(completion);
}

TEST(ExitStatus, KnowsQemusOwnDeathByAbort) {
  for (const std::string line : {
           "ERROR:../accel/tcg/cpu-exec.c:928:cpu_exec_setjmp: assertion failed: (cpu == current_cpu)",
           "Bail out! ERROR:../accel/tcg/cpu-exec.c:928:cpu_exec: assertion failed: (cpu == current_cpu)",
           "qemu-aarch64: ../linux-user/mmap.c:120: mmap_lock: Assertion `x' failed.",
           "../tcg/tcg.c:3107: tcg fatal error",
           "qemu: unhandled CPU exception 0x10004 - aborting",
       }) {
    const Termination abort = Signalled{6, "ABRT"};
    EXPECT_EQ(observed_from_exit(ended(abort, line)).status, Status::crash) << "no emulator was there: " << line;
    const Observed observed = under_qemu(abort, "text\n" + line + "\n");
    EXPECT_EQ(observed.status, Status::infra) << line;
    EXPECT_EQ(observed.kind, "emulator-crash") << line;
    EXPECT_THAT(observed.message, HasSubstr(line));
  }
  const Observed dumped =
      under_qemu(Signalled{6, "ABRT"}, "qemu: fatal: cp_reg->type not supported\nFailing executable: a\nR00=0\n");
  EXPECT_EQ(dumped.kind, "emulator-crash") << "its dump of registers comes last";
}

TEST(ExitStatus, KnowsQemusOwnDeathByItsInternalSignal) {
  EXPECT_EQ(under_qemu(Signalled{11, "SEGV"}, kInternal).kind, "emulator-crash");
  EXPECT_EQ(under_qemu(Signalled{11, "SEGV"}, std::string(kGuestAbort) + kInternal).kind, "emulator-crash")
      << "the remark is about a child of the guest";
  EXPECT_EQ(under_qemu(Signalled{7, "BUS"}, kInternal).status, Status::crash) << "another signal";
}

TEST(ExitStatus, BelievesNoProgramThatOnlyPrintsQemusDeath) {
  for (const std::string line : {kAssertion, kInternal, kGuestSegv}) {
    const Observed failed = under_qemu(Exited{1}, line);
    EXPECT_EQ(failed.status, Status::fail) << line;
    EXPECT_EQ(failed.kind, "exit-code") << line;
    const Observed crashed = under_qemu(Signalled{11, "SEGV"}, line + kGuestSegv);
    EXPECT_EQ(crashed.status, Status::crash) << line;
    EXPECT_EQ(crashed.message, "killed by SEGV (11)") << line;
    EXPECT_EQ(under_qemu(Signalled{6, "ABRT"}, line + kGuestAbort).kind, "abort") << line;
  }
  EXPECT_EQ(under_qemu(Signalled{11, "SEGV"}, kAssertion).status, Status::crash) << "no assertion ends so";
  EXPECT_EQ(under_qemu(Signalled{6, "ABRT"}, std::string(kAssertion) + "and on it went\n").status, Status::crash);
}

TEST(ExitStatus, KnowsThatQemuGotNoMemoryToBeginWith) {
  EXPECT_EQ(under_qemu(Exited{1}, kNoMemory).kind, "emulator-crash");
  EXPECT_EQ(under_qemu(Exited{1}, "qemu-aarch64-static: allocate 134217728 bytes for jit buffer: Cannot allocate "
                                  "memory\n").kind, "emulator-crash");
  EXPECT_EQ(under_qemu(Exited{2}, kNoMemory).kind, "exit-code");
  EXPECT_EQ(under_qemu(Exited{1}, kNoMemory, "it began\n").kind, "exit-code");
  EXPECT_EQ(under_qemu(Exited{1}, std::string("it began\n") + kNoMemory).kind, "exit-code");
  EXPECT_EQ(under_qemu(Exited{255}, "qemu-aarch64-static: Could not open '/lib/ld-linux-aarch64.so.1'\n").kind,
            "exit-code") << "a program that names the wrong loader is at fault itself";
}

TEST(ExitStatus, TakesNoProgramsOwnAssertionForQemus) {
  for (const char* line : {
           "C1: C1.c:12: main: Assertion `x' failed.",
           "ERROR:mytest.c:8:main: assertion failed: (a == b)",
           "see qemu-aarch64: ../linux-user/mmap.c:120: f: Assertion `x' failed.",
           "qemu-aarch64: hello",
       }) {
    Completion completion = ended(Signalled{6, "ABRT"}, std::string(line) + "\n");
    completion.session = "qemu-user#1";
    EXPECT_EQ(observed_from_exit(completion).status, Status::crash) << line;
  }
  EXPECT_EQ(observed_from_exit(ended(Exited{0}, "QEMU internal SIGSEGV\n")).status, Status::pass);
}

TEST(ExitStatus, SaysWhereOutputIsMissing) {
  Output out;
  out.text = "headtail";
  out.head = 4;
  out.skipped = 1000;
  EXPECT_EQ(readable_output(out, {}), "head\n... 1000 bytes left out ...\ntail");
  out = {};
  out.text = std::string(1u << 20, 'x');
  Output err;
  err.text = std::string(1u << 20, 'y');
  EXPECT_LT(readable_output(out, err).size(), 66u << 10);
}

}  // namespace
}  // namespace xtest
