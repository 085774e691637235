// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/driver.h"

#include "emulators/sh/driver_state.h"
#include "runner/base/error.h"

#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""s;

constexpr auto close_patience = 5s;

}  // namespace

Task<std::unique_ptr<ShDriver>> ShDriver::start(ShDriverOptions options, std::unique_ptr<ShLine> line, std::unique_ptr<ShLine> guard) {
  const auto executor = co_await asio::this_coro::executor;
  std::unique_ptr<ShDriver> driver(new ShDriver(std::make_shared<State>(executor, std::move(options), std::move(line), std::move(guard))));
  driver->state_->connect();
  co_await driver->state_->greet();
  co_return driver;
}

ShDriver::ShDriver(std::shared_ptr<State> state) : state_(std::move(state)) {}

ShDriver::~ShDriver() { state_->fail("the driver was closed by us"); }

Task<Completion> ShDriver::run(AgentCommand command) {
  const auto state = state_;
  const auto run = std::make_shared<ShRun>(state->executor, state->next_seq++, std::move(command));
  try {
    if (state->why_dead.empty()) co_await state->send(state->text_of(*run));
  } catch (const Error& error) {
    state->fail(error.what());
  }
  if (!state->why_dead.empty()) {
    run->outcome.completion().how = Lost{state->why_dead};
    co_return std::move(run->outcome.completion());
  }
  state->runs.push_back(run);
  if (state->runs.size() == 1) state->arm();
  while (!run->done) {
    co_await run->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (run->done || cancelled.cancelled() == asio::cancellation_type::none) continue;
    run->is_abandoned = true;
    if (run->outcome.has_started()) state->stop_front();
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return std::move(run->outcome.completion());
}

Task<void> ShDriver::put(std::string path, std::string bytes) {
  const auto state = state_;
  co_await state->put(std::move(path), std::move(bytes));
}

Task<void> ShDriver::close() {
  const auto state = state_;
  if (!state->why_dead.empty()) co_return;
  state->line->end_input();
  const std::function<bool()> is_told = [state] { return state->told.contains("bye"); };   // or it has gone
  co_await state->hear(is_told, close_patience);
  state->fail("the driver was closed");
}

Task<void> ShDriver::perform(std::string text) {
  const auto state = state_;
  const std::string file = folder() + "/sh/command";
  co_await state->put(file, std::move(text));
  const std::uint32_t seq = state->next_seq++;
  state->line->write(". " + file + "; T " + std::to_string(seq) + " kept $?\n");
  co_await state->wait_kept(seq);
  if (state->kept != "0") throw Error(ErrorKind::infra, "the far side's sh cannot do what it must: status " + state->kept);
}

const std::string& ShDriver::folder() const { return state_->options.facts.folder; }

std::string ShDriver::told(const std::string& key) const {
  const auto found = state_->told.find(key);
  return found == state_->told.end() ? "" : found->second;
}

bool ShDriver::alive() const { return state_->why_dead.empty(); }
const std::string& ShDriver::why_dead() const { return state_->why_dead; }

}  // namespace xtest
