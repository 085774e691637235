// SPDX-License-Identifier: Apache-2.0
// The deadlines of the runs at hand, and the end of an agent.
#include "emulators/agent/client_state.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Steady = std::chrono::steady_clock;

constexpr auto watch_period = 1s;
constexpr auto stopped_after = 3s;         // without a look at the deadlines: this process was stopped

}  // namespace

// The next in turn has to start, too.
void AgentClient::State::watch_first() {
  if (pending.empty()) return;
  PendingRun& run = *pending.begin()->second;
  if (run.line) run.line->hand_over();
  if (run.wall > 0ms && run.deadline == Steady::time_point::max()) run.deadline = Steady::now() + run.wall + patience;
}

// The agent measures the limits; this notices when it does not (any more). Time in which we were stopped ourselves is
// given back: what the agent sent meanwhile has not been read.
void AgentClient::State::watch_deadlines() {
  watching = !pending.empty();
  if (!watching) return;
  watch.expires_after(watch_period);
  watch.async_wait([self = shared_from_this(), begun = Steady::now()](boost::system::error_code error) {
    if (error) return;
    const auto now = Steady::now();
    if (const auto passed = now - begun; passed > stopped_after) {
      for (auto& [seq, run] : self->pending) run->deadline += run->deadline == Steady::time_point::max() ? Steady::duration(0) : passed;
    }
    const bool late = std::any_of(self->pending.begin(), self->pending.end(),
                                  [now](const auto& entry) { return entry.second->deadline < now; });
    if (late) return self->fail("the agent did not end a run that was over its limit");
    self->watch_deadlines();
  });
}

void AgentClient::State::fail(const std::string& why, std::chrono::milliseconds patience_left) {
  if (!why_dead.empty()) return;
  why_dead = why;
  bool suspect = true;
  for (auto& [seq, run] : std::exchange(pending, {})) {
    run->completion.how = Lost{why, std::exchange(suspect, false)};
    run->done = true;
    run->wake.cancel();
  }
  end_link(patience_left);
}

void AgentClient::State::lose_channel(const std::string& what) {
  const std::string words = link.last_words();
  fail(words.empty() ? what : what + words);
}

void AgentClient::State::stop(std::chrono::milliseconds patience_left) {
  if (why_dead.empty()) fail("the session was closed", patience_left);
  else end_link(patience_left);
}

void AgentClient::State::end_link(std::chrono::milliseconds patience_left) {
  if (socket.is_open()) socket.close();
  greeting.cancel();
  watch.cancel();
  link.stop(patience_left);
}

}  // namespace xtest
