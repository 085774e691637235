// SPDX-License-Identifier: Apache-2.0
// The shell text that makes a POSIX `sh` run our programs: what is piped to it first.
//
// Facts: POSIX.1-2017 Shell Command Language; tried with dash, bash, busybox, mksh, ksh93 and posh. What it says is read
// by emulators/sh/frames.h:
//
//   0 ready SETSID ENCODER         the driver can begin; the words name what was found, "-" is none
//   N started USER SYSTEM          CPU of all children so far, as `times` writes it; left out when N follows another run
//                                  and nothing was started in between
//   N left PID STATE WCHAN NAME    outlived the program and was killed
//   N said TEXT                    the shell itself complained, which it should not
//   N out|err HEAD TAIL TOTAL      and so many bytes, the beginning and the end of the file
//   N file NAME                    one of the files that the program left and that were asked for
//   N piece SIZE 0 SIZE            and so many bytes of it
//   N brought SIZE WHY             it is all there, unless a reason follows
//   N ended STATUS SIGNAL NAME USER SYSTEM LATE OUT ERR     SIGNAL 0: it exited
//   N failed TEXT                  it could not be tried
//   N kept STATUS                  of what was to be performed
//   = N CRC                        of a block (B, X), without a checksum of its own: it is one
//   0 bye                          it ends, its folder is removed
// and of the guard:  0 guards;  N at PID STATE WCHAN NAME;  N killed gone|left|none
//
// How a signal is told from `exit 128+n`: a shell says "Segmentation fault" on its own stderr, which no program of ours
// has, and ksh93 has statuses above 256. No shell says so of INT and PIPE: exit codes 130 and 141 are taken for what they
// say, with a remark.
#pragma once

#include <string>

namespace xtest {

// How what the driver says comes here: bytes as they are, or lines of text that carry a checksum.
enum class ShFraming { bytes, lines };

struct ShScriptFacts {
  std::string nonce;
  std::string folder;        // over there; exists; without characters that a shell minds
};

// Finds a folder (`wanted`, or the first of some in which a program can be started) and makes `name` in it. Says
//   0 folder PATH | 0 why TEXT (there is none) | 0 tar yes | 0 system `uname -srm` | 0 elf HEX (the first bytes of its own sh)
std::string place_script(const std::string& nonce, const std::string& name, const std::string& wanted);

// Afterwards the shell takes lines that call R (command_text.h) and B (driver_send.cc).
std::string driver_script(const ShScriptFacts& facts);

// Both in one, for ShFraming::lines.
std::string line_driver_script(const std::string& nonce, const std::string& name, const std::string& wanted);

// For a line on which not much can be sent at once: afterwards `X N 'octal'` adds to a text and says `= N CRC` of all of
// it; eval "$s" performs it.
std::string loader_line(const std::string& nonce);

// For a second shell: takes lines `k N`. When its input ends, it kills driver and program and removes the folder.
std::string guard_script(const ShScriptFacts& facts);

}  // namespace xtest
