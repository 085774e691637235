// SPDX-License-Identifier: Apache-2.0
// What /proc says of the processes below the broker. Pure reading; what has gone meanwhile is left out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>

namespace xtest {

struct ProcessFacts {
  pid_t parent = 0;
  std::uint64_t resident = 0;   // bytes
};

std::map<pid_t, ProcessFacts> read_processes();
std::set<pid_t> children_of(pid_t parent, const std::map<pid_t, ProcessFacts>& all);
// Of these processes and everything below them.
std::uint64_t memory_of(const std::set<pid_t>& roots, const std::map<pid_t, ProcessFacts>& all);

}  // namespace xtest
