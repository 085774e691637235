// SPDX-License-Identifier: Apache-2.0
// What an engine is made from: what it borrows for the time of a run, and how it is to go about it.
#pragma once

#include "emulators/executor.h"
#include "runner/engine/decide.h"
#include "runner/engine/emitter.h"
#include "runner/engine/plan.h"
#include "runner/store/action_cache.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace xtest {

struct EngineOptions {
  int jobs = 1;
  RetryPolicy retry;
  std::size_t max_bad = 0;               // stop after so many bad cases of this session; 0: never
  std::function<bool(Status)> is_bad = [](Status status) { return weight(status) == Weight::bad; };
  bool reuse_results = false;
  std::string today;                     // "YYYY-MM-DD", for expectations that expire
  std::string nonce;                     // what programs must echo to be believed
};

// A closer look at what has just ended badly: fills `seen.diagnosis` and changes nothing else. Answers what is wrong with
// the session now, or nothing.
using SecondLook = std::function<Task<std::string>(Session& session, RunRequest request, Completion& seen, std::size_t target)>;

// How slow the executor of a target is, as a factor on time limits; nothing if it could not be measured.
using Calibrate = std::function<Task<std::optional<double>>(std::size_t target)>;

// Everything borrowed for the time of the run.
struct EngineParts {
  const Plan& plan;
  std::span<const PreparedTarget> targets;
  std::vector<std::shared_ptr<Executor>> executors;   // one a PreparedTarget; null where nothing is to be executed
  std::span<const std::unique_ptr<Framework>> frameworks;
  const std::vector<Expectations>& expectations;      // one a PreparedTarget
  ActionCache* cache;                                 // may be null
  Emitter& emitter;
  std::filesystem::path work;                         // build products of this run
  const KnownLies* lies = nullptr;                    // of the executors; may be null
  SecondLook second_look = {};                        // may be empty
  Calibrate calibrate = {};                           // may be empty; asked once for a target that only confirms, when it is needed
};

}  // namespace xtest
