// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_world.h"

#include "tests/support/run_task.h"

#include <stdexcept>
#include <utility>

namespace xtest {
namespace {

constexpr const char* kTriple = "aarch64-unknown-linux-gnu";

std::vector<std::unique_ptr<Framework>> only_the_fake() {
  std::vector<std::unique_ptr<Framework>> frameworks;
  frameworks.push_back(std::make_unique<FakeFramework>());
  return frameworks;
}

Task<void> both(Engine& engine, std::function<Task<void>(Engine&)> during) {
  if (during) asio::co_spawn(co_await asio::this_coro::executor, during(engine), asio::detached);
  co_await engine.run();
}

}  // namespace

FakeWorld::FakeWorld()
    : frameworks(only_the_fake()), framework(static_cast<FakeFramework&>(*frameworks.front())) {
  PreparedTarget& target = targets.emplace_back();
  target.target.triple = kTriple;
  target.executor = "fake";
  target.executor_identity = "fake 1";
  suites.push_back(fake_suite("s"));
  options.jobs = 2;
  options.today = "2026-11-21";
  options.nonce = "nonce";
}

void FakeWorld::expect_failure(const std::string& glob, const std::string& reason) {
  expectations_.add_file(folder.write("known.yaml", "expectations:\n- test: \"" + glob + "\"\n  reason: \"" + reason + "\"\n"));
}

FakeExecutor& FakeWorld::also_on(const std::string& name) {
  PreparedTarget& target = targets.emplace_back(targets.front());
  target.executor = name;
  target.executor_identity = name + " 1.0";
  return *others_.emplace_back(std::make_shared<FakeExecutor>(name));
}

FakeExecutor& FakeWorld::confirm_on(const std::string& name) {
  FakeExecutor& confirmer = also_on(name);
  targets.back().only_confirms = true;
  targets.front().confirmed_by = targets.size() - 1;
  return confirmer;
}

void FakeWorld::expect_skip(const std::string& glob, const std::string& reason) {
  expectations_.add_file(folder.write("expect.yaml", "expectations:\n- test: \"" + glob + "\"\n  status: skip\n  reason: \"" +
                                                         reason + "\"\n"));
}

Plan FakeWorld::make() const {
  return make_plan(PlanInput{targets, suites, frameworks, selection, partition, folder.path() / "work", "/bin/xtest"});
}

void FakeWorld::run(const std::function<void(Engine&)>& before, std::function<Task<void>(Engine&)> during) {
  asio::io_context io;
  plan = make();
  const SystemClock clock;
  const std::vector<Expectations> lists(targets.size(), expectations_);
  Emitter emitter(clock, nullptr, {&log});
  std::vector<std::shared_ptr<Executor>> executors(targets.size() - others_.size(), executor);
  executors.insert(executors.end(), others_.begin(), others_.end());
  const EngineParts parts{plan, targets, std::move(executors), frameworks, lists, cache, emitter, folder.path() / "work", &lies, second_look, calibrate};
  Engine engine(io.get_executor(), parts, options);
  if (before) before(engine);
  run_task(io, both(engine, std::move(during)));
  undecided = engine.undecided();
  stopped_by_limit = engine.stopped_by_limit();
}

CaseIx FakeWorld::find(const std::string& id) const {
  for (CaseIx test = 0; test < plan.case_unit.size(); ++test) {
    if (plan.id(test) == id) return test;
  }
  throw std::runtime_error("no test " + id + " in the plan");
}

const Outcome& FakeWorld::outcome(const std::string& id) const {
  const CaseIx test = find(id);
  const Outcome* last = nullptr;
  for (const Event& event : log.events) {
    const auto* decided = std::get_if<CaseDecided>(&event.body);
    if (decided && decided->test == test) last = &decided->outcome;
  }
  if (last == nullptr) throw std::runtime_error(id + " was not decided");
  return *last;
}

bool FakeWorld::is_decided(const std::string& id) const {
  const CaseIx test = find(id);
  for (const CaseDecided& decided : log.all<CaseDecided>()) {
    if (decided.test == test) return true;
  }
  return false;
}

std::vector<Observed> FakeWorld::observed(const std::string& id) const {
  std::vector<Observed> seen;
  for (const CaseObserved& one : log.all<CaseObserved>()) {
    if (one.test == find(id)) seen.push_back(one.observed);
  }
  return seen;
}

}  // namespace xtest
