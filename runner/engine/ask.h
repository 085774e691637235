// SPDX-License-Identifier: Apache-2.0
// Finds out what suites have to know before their tests can be listed: performs questions (suites/framework.h) as a run performs
// tests: builds from the cache, jobs in sessions of the executors, again after trouble that is nobody's own.
#pragma once

#include "runner/engine/engine.h"

#include <functional>
#include <string_view>
#include <vector>

namespace xtest {

// What is borrowed while questions are asked.
struct AskParts {
  std::span<const PreparedTarget> targets;
  std::vector<std::shared_ptr<Executor>> executors;        // one a PreparedTarget, or null
  ActionCache* cache = nullptr;                            // may be null
  std::filesystem::path work;                              // build products of the run
  int jobs = 1;
  std::function<void(std::string_view)> say;               // one line for each job that is begun
};

// One answer a question, in their order. Throws Error{infra}: trouble of the place, which is no answer.
Task<std::vector<Answer>> ask(AskParts parts, std::vector<OpenQuestion> questions);

}  // namespace xtest
