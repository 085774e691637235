// SPDX-License-Identifier: Apache-2.0
// One target, one fake framework and executor, and an engine that performs what the test describes.
//
// Describe first (framework.add, executor->answer, options), then plan() or run(). Everything is owned here; run() may be
// called once and leaves the events, the outcomes and the engine's words in the members.
#pragma once

#include "runner/engine/engine.h"
#include "tests/support/fake_executor.h"
#include "tests/support/fake_framework.h"
#include "tests/support/suite_world.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct EventLog final : ReportSink {
  void on(const Event& event) override { events.push_back(event); }
  std::optional<std::string> close() override { return std::nullopt; }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const auto* body = std::get_if<T>(&event.body)) found.push_back(*body);
    }
    return found;
  }
  std::vector<Event> events;
};

class FakeWorld {
 public:
  FakeWorld();

  void expect_failure(const std::string& glob, const std::string& reason);
  FakeExecutor& also_on(const std::string& name);        // the same target on one more executor
  FakeExecutor& confirm_on(const std::string& name);     // where failures of the first executor are run again
  void expect_skip(const std::string& glob, const std::string& reason);
  Plan make() const;

  // `before` may tell the engine what is decided already; `during` runs beside it.
  void run(const std::function<void(Engine&)>& before = {}, std::function<Task<void>(Engine&)> during = {});
  const Outcome& outcome(const std::string& id) const;      // the last decision; throws if there is none
  bool is_decided(const std::string& id) const;
  std::vector<Observed> observed(const std::string& id) const;

  TempFolder folder;
  std::vector<PreparedTarget> targets;
  std::vector<Suite> suites;
  std::vector<std::unique_ptr<Framework>> frameworks;
  FakeFramework& framework;
  std::shared_ptr<FakeExecutor> executor = std::make_shared<FakeExecutor>();
  Selection selection;
  Partition partition;
  EngineOptions options;
  ActionCache* cache = nullptr;
  KnownLies lies;
  SecondLook second_look;
  Calibrate calibrate;

  Plan plan;                                                 // after run()
  EventLog log;
  std::size_t undecided = 0;
  bool stopped_by_limit = false;

 private:
  CaseIx find(const std::string& id) const;
  std::vector<std::shared_ptr<FakeExecutor>> others_;      // of the last targets
  Expectations expectations_;
};

}  // namespace xtest
