// SPDX-License-Identifier: Apache-2.0
// A small world (target, toolchains, features) to expand suites in.
//
// Nothing of it exists: the compilers are names only. Change the members before calling view().
#pragma once

#include "suites/framework.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_folder.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace xtest {

struct SuiteWorld {
  SuiteWorld();   // an ELF target with C, C++, Go and Rust, dynamic and static; Go static only

  void lose(Language language, const std::string& why);
  View view() const;

  Target target;
  std::map<Language, Toolchain> toolchains;
  std::map<Language, std::string> absent;
  std::set<std::string> features = {"linux", "elf", "threads", "signals", "sigaltstack"};
  std::filesystem::path work = "/tmp/xtest work";
  Answers answers;
};

// The test ids ("group::name") of the cases, in order.
std::vector<std::string> case_ids(const std::vector<ExpandedUnit>& units);

// The unit that holds this case; fails the test and throws if there is none.
const ExpandedUnit& unit_with(const std::vector<ExpandedUnit>& units, const std::string& group_and_name);

// A command as one line, paths as they are.
std::string command_line(const Job& job);

// Keeps what a reader says.
struct Notebook final : Observations {
  void observed(std::size_t which, Observed what) override { seen[which] = std::move(what); }
  void started(std::size_t which) override { begun.insert(which); }
  std::map<std::size_t, Observed> seen;
  std::set<std::size_t> begun;
};

}  // namespace xtest
