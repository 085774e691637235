// SPDX-License-Identifier: Apache-2.0
// What `xtest exec` asks of a session and makes of a program's end, the same in a warm session and in one of its own.
#pragma once

#include "emulators/executor.h"

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct ExecWords {
  std::vector<std::string> words;          // the program and its arguments
  std::vector<std::string> environment;    // of the caller
  std::vector<std::string> extra;          // --env, on top of it
  std::filesystem::path folder;            // of the caller
  bool there = false;                      // the program is one of the place's own: it is looked up there, not sent
};

// Programs of it live in another system: descriptors, folder and environment of ours mean nothing there.
bool is_far(const Executor& executor);

// Here the program has our folder and environment; far away a new empty folder and what --env says.
// Throws Error{usage} when there is no such program.
RunRequest exec_request(const ExecWords& exec, bool far, const std::array<int, 3>& stdio, std::shared_ptr<RunLine> line);

struct Ending {
  int code = 0;
  std::string note;                        // what xtest has to say about it, or empty
};
// 128+n for signal n, 125 when xtest itself failed, as env(1) and container tools have it.
Ending ending_of(const Termination& how, const std::string& program);

}  // namespace xtest
