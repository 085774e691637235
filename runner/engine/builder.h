// SPDX-License-Identifier: Apache-2.0
// Builds each distinct build job once, from the action cache where it can; again only after trouble that is not the
// compiler's own (it was killed, the disk was full).
//
// Units that need the same artifact describe equal jobs; the first asks for the work, the others get the same result.
// Engine thread only; `done` is called when the job has ended, or at once if its result is
// known already.
#pragma once

#include "runner/engine/emitter.h"
#include "runner/engine/scheduler.h"
#include "runner/store/action_cache.h"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace xtest {

struct BuildResult {
  bool ok = false;
  JobId job = 0;
  Observed failure;              // build-fail or infra, when not ok
};

class Builder {
 public:
  using Done = std::function<void(const BuildResult&)>;

  // `cache` may be null. All borrowed. `next_job` numbers the jobs of the run.
  Builder(Scheduler& scheduler, Emitter& emitter, ActionCache* cache, std::filesystem::path work, int infra_retries,
          JobId& next_job);

  void request(UnitIx unit, const Job& job, Done done);

  std::size_t built() const { return built_; }
  std::size_t from_cache() const { return from_cache_; }

 private:
  struct Node {
    bool finished = false;
    BuildResult result;
    std::vector<Done> waiting;
  };

  Task<void> perform(std::shared_ptr<Node> node, UnitIx unit, Job job, Turn turn);
  Task<BuildResult> build(UnitIx unit, const Job& job, int attempt, Turn turn);   // args outlive it
  Task<Completion> run(Job job);
  void finish(Node& node, BuildResult result);

  Scheduler& scheduler_;
  Emitter& emitter_;
  ActionCache* cache_;
  std::filesystem::path work_;
  int infra_retries_;
  JobId& next_job_;
  std::unordered_map<std::string, std::shared_ptr<Node>> nodes_;
  std::size_t built_ = 0;
  std::size_t from_cache_ = 0;
};

// Why a build failed: the first line that says "error", or how the compiler itself ended.
Observed build_failure(const Job& job, const Completion& completion);

// The words of a command as the host starts it.
std::vector<std::string> host_argv(const Command& command);

}  // namespace xtest
