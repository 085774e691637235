// SPDX-License-Identifier: Apache-2.0
// A playground whose programs run in guests of this machine, one at a time (x86_64, without acceleration), and what its
// qemu processes can be told from outside.
#pragma once

#include "tests/support/playground.h"
#include "tests/support/watch.h"

#include <string>
#include <vector>

namespace xtest {

struct GuestPlayground {
  const Playground here;

  std::string why_not() const;                                       // there are no guests on this machine
  Playground::Words words(const std::string& suite, Playground::Words more = {}) const;
  std::vector<pid_t> machines() const;                               // qemu processes of this playground
  bool is_executing() const;                                         // a program runs, as the latest record says
  int tell_machine(const std::string& command) const;                // by QMP: how many qemu processes were told
  std::filesystem::path snapshot() const;                            // the folder of the only one
};

}  // namespace xtest
