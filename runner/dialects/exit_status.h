// SPDX-License-Identifier: Apache-2.0
// What the end of a process says about a test, without any word of the test itself.
//
// Signals are named as on the target. A SIGKILL is reported as the program's own crash; whether somebody else sent it
// is the engine's to doubt (once more, alone; twice the same is its crash). qemu-user re-raises a guest's signal on the
// host and prints a line of its own, which is taken out of the test's stderr. qemu's own death is `infra`, and known by
// two things together, since any program can print qemu's words: the signal that such a death has, and those words
// behind any line about a guest's signal. Where qemu has no such line (riscv64) a forger is believed. A program that
// ran into its limit is `hang`, or `slow` if it was using the processor most of the time. Pure functions, any thread,
// no errors.
#pragma once

#include "runner/model/completion.h"
#include "runner/model/observed.h"

#include <optional>
#include <string>
#include <string_view>

namespace xtest {

// A plain program: 0 passes, any other exit code is fail/exit-code.
Observed observed_from_exit(const Completion& completion);

// A program that owes an account of itself and gave none that can be believed: exit code 0 is fail/protocol.
Observed observed_without_account(const Completion& completion);

// The judgement that needs no word of the test: nothing if it exited by itself.
std::optional<Observed> observed_violent_end(const Completion& completion);

// The line in which qemu-user tells that it, not its guest, came to grief: before a death by signal, or as its only
// word when it exits with 1 because it got no memory to begin with.
std::optional<std::string> emulator_death(const Completion& completion);

// `err` without qemu's remark about the guest's signal.
std::string strip_emulator_remarks(std::string_view err);

// stdout, then stderr under a heading, at most 64 KiB; gaps say how many bytes are missing.
std::string readable_output(const Output& out, const Output& err);
std::string with_evidence(std::string output, const Completion& completion);      // under a heading, too

}  // namespace xtest
