// SPDX-License-Identifier: Apache-2.0
// Gathers what a reader understood of one job, case by case, and settles what the reader left open.
//
// One case in the job: it always gets a result, from the way the process ended if the reader found none. Several: those
// without a result are left to be executed again. An account that cannot be trusted is void; what it says of the order in which
// things happened still decides who runs together again, so that a crash costs one case and not its neighbours: those that were being
// executed run alone, those before them together, those that had not begun together. Where it says nothing, each runs alone.
#pragma once

#include "runner/model/completion.h"
#include "suites/framework.h"

#include <optional>
#include <string>
#include <vector>

namespace xtest {

class Collector final : public Observations {
 public:
  Collector(const Completion& completion, std::size_t cases);

  void observed(std::size_t which, Observed what) override;
  void started(std::size_t which) override;

  void close(bool trusted);                            // after the reader's end()
  Observed* result(std::size_t which);                 // null: must be executed again
  bool has_result(std::size_t which) const { return results_[which].has_value(); }
  std::vector<std::vector<std::size_t>> again() const;   // cases without a result: those of a group in one job

  bool all_passed() const;
  std::string passes_as_text() const;

  // A SIGKILL that we did not send, or a lost session, proves nothing about the program: the first is infra (it runs once
  // more, alone, in a new session if need be), twice the same is its own crash.
  void doubt_unexplained_kill(Observed& observed, const std::vector<Attempt>& before,
                              const std::string& confirmer = {}) const;

 private:
  enum class Phase : std::uint8_t { waiting, started, told };

  const Completion& completion_;
  std::vector<std::optional<Observed>> results_;
  std::vector<Phase> phases_;                            // by the account, believed or not
};

}  // namespace xtest
