// SPDX-License-Identifier: Apache-2.0
// An executor without processes: each run is answered by a function of the test, at once or never.
//
// It notes every run and how many sessions were opened and closed. A run that hangs waits until it is cancelled. Shared
// by the test and the engine, which must not outlive the test's io_context.
#pragma once

#include "emulators/executor.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct FakeRun {
  std::string session;
  std::vector<std::string> words;          // unit and cases
  std::chrono::milliseconds limit{0};
};

class FakeExecutor final : public Executor {
 public:
  explicit FakeExecutor(std::string name = "fake") : name_(std::move(name)) {}
  std::string name() const override { return name_; }
  Task<Availability> available() override { co_return Availability{true, "it is made up", ""}; }
  std::string identity() const override { return name_ + " 1"; }
  std::set<std::string> features() const override { return {}; }
  Capacity capacity() const override { return capacity_; }
  double slowness() const override { return slowness_; }
  Task<std::unique_ptr<Session>> open() override;

  // The answer to a run; nothing: it hangs. By default every case passes.
  std::function<std::optional<Completion>(const FakeRun&)> answer;
  std::function<void()> before_open;       // may throw Error{infra}
  std::vector<FakeRun> runs;
  std::vector<std::vector<std::string>> words() const;     // of the runs
  int opened = 0, closed = 0, running = 0, most_running = 0;
  Capacity capacity_;
  double slowness_ = 1.0;
  std::optional<std::chrono::microseconds> processor_time;  // of its sessions; a run adds to it in `answer`

 private:
  std::string name_;
};

Completion ended_with(Termination how, std::string out = "");
Completion all_pass(const FakeRun& run);                   // what a healthy program of FakeFramework says
Completion all_fail(const FakeRun& run, const std::string& message = "wrong");
bool is_about(const FakeRun& run, const std::string& name);    // a case of that name is executed by it

}  // namespace xtest
