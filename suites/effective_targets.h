// SPDX-License-Identifier: Apache-2.0
// Effective targets of DejaGnu's dialect: whether a keyword such as int32plus or mmap holds for a target and its compiler, decided as
// gcc/testsuite/lib/target-supports.exp decides it.
//
// Some follow from the target's name. For the others a few lines are compiled, or linked, by the target's compiler; that is a
// Question, whose answer is yes if the compiler took them. Pure; the engine asks.
#pragma once

#include "runner/base/error.h"
#include "suites/framework.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace xtest {

// What a compiler is asked with.
struct Asked {
  const Toolchain& toolchain;
  std::string link;                            // kind: its flags are used where a program is linked
};

// Throws Error{usage} at `where` with the nearest keyword if there is none of this name.
void check_effective_target(const std::string& keyword, const Position& where);

// What has to be asked for these keywords; nothing for those that follow from the name.
std::vector<Question> effective_target_questions(const std::set<std::string>& keywords, const Asked& asked, const View& view);

// Of a known keyword, whose question, if it has one, has been answered.
bool has_effective_target(const std::string& keyword, const Asked& asked, const View& view);

std::vector<std::string> triples_of(const Target& target);   // the names that triplets with * are compared to

}  // namespace xtest
