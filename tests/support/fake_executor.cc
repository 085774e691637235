// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_executor.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

std::string account(const FakeRun& run, const std::string& verdict) {
  std::string text;
  for (std::size_t at = 1; at < run.words.size(); ++at) text += run.words[at] + ' ' + verdict + '\n';
  return text + "done\n";
}

class FakeSession final : public Session {
 public:
  FakeSession(FakeExecutor& executor, std::string name) : executor_(executor), name_(std::move(name)) {}

  std::string name() const override { return name_; }
  Task<void> stage(std::vector<std::filesystem::path>) override { co_return; }

  Task<Completion> run(RunRequest request) override {
    FakeRun run{name_, {}, request.command.limits.wall};
    for (const Argument& argument : request.command.argv) run.words.push_back(std::get<std::string>(argument));
    executor_.runs.push_back(run);
    const Counted counted(executor_);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    auto completion = executor_.answer ? executor_.answer(run) : all_pass(run);
    timer.expires_after(std::chrono::milliseconds(0));
    if (!completion) timer.expires_at(asio::steady_timer::time_point::max());
    co_await timer.async_wait(asio::use_awaitable);
    co_return std::move(*completion);
  }

  Task<void> close() override {
    ++executor_.closed;
    co_return;
  }
  Task<std::optional<std::chrono::microseconds>> processor_time() override { co_return executor_.processor_time; }

 private:
  struct Counted {
    explicit Counted(FakeExecutor& executor) : executor(executor) {
      executor.most_running = std::max(executor.most_running, ++executor.running);
    }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --executor.running; }
    FakeExecutor& executor;
  };

  FakeExecutor& executor_;
  std::string name_;
};

}  // namespace

Task<std::unique_ptr<Session>> FakeExecutor::open() {
  if (before_open) before_open();
  co_return std::make_unique<FakeSession>(*this, name_ + "#" + std::to_string(++opened));
}

std::vector<std::vector<std::string>> FakeExecutor::words() const {
  std::vector<std::vector<std::string>> all;
  for (const FakeRun& run : runs) all.push_back(run.words);
  return all;
}

Completion ended_with(Termination how, std::string out) {
  Completion completion;
  completion.how = std::move(how);
  completion.usage.wall = std::chrono::milliseconds(20);
  completion.out.total = out.size();
  completion.out.head = out.size();
  completion.out.text = std::move(out);
  return completion;
}

Completion all_pass(const FakeRun& run) { return ended_with(Exited{0}, account(run, "pass")); }

Completion all_fail(const FakeRun& run, const std::string& message) {
  return ended_with(Exited{1}, account(run, "fail " + message));
}

bool is_about(const FakeRun& run, const std::string& name) {
  return std::find(run.words.begin() + 1, run.words.end(), name) != run.words.end();
}

}  // namespace xtest
