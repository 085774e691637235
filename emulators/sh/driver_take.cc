// SPDX-License-Identifier: Apache-2.0
// What the far side says, and what happens when it does not.
#include "emulators/sh/driver_state.h"

#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""s;
using Steady = std::chrono::steady_clock;

constexpr auto kill_patience = 10s;                  // the guard itself takes five at most

}  // namespace

void ShDriver::State::connect() {
  const std::weak_ptr<State> weak = weak_from_this();
  const auto to = [weak](void (State::*member)(std::string_view)) {
    return [weak, member](std::string_view bytes) {
      if (const auto self = weak.lock()) ((*self).*member)(bytes);
    };
  };
  const auto gone = [weak](std::string whose) {
    return [weak, whose](const std::string& why) {
      if (const auto self = weak.lock()) self->fail(whose + why);
    };
  };
  line->take = to(&State::take);
  line->gone = gone("the far side's sh ");
  if (!guard) return;
  guard->take = to(&State::take_of_guard);
  guard->gone = gone("the guard on the far side ");
}

// False when it did not happen in time, or the shell is gone.
Task<bool> ShDriver::State::hear(std::function<bool()> what, Steady::duration patience) {
  const auto self = shared_from_this();
  const auto until = Steady::now() + patience;
  while (why_dead.empty() && !what()) {
    heard.expires_at(until);
    const auto [error] = co_await heard.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!error) break;
  }
  co_return why_dead.empty() && what();
}

void ShDriver::State::take(std::string_view bytes) {
  const auto self = shared_from_this();
  for (ShFrame& frame : frames.feed(bytes)) {
    if (!why_dead.empty()) return;
    if (frame.seq == 0 && frame.kind == "ready" && !is_ready) {
      is_ready = true;
      has_base64 = frame.rest.ends_with("base64");
    } else if (frame.seq == 0 && (!is_ready || frame.kind == "bye")) {
      told[frame.kind] = frame.rest;
    } else if (frame.kind == "kept") {
      kept = frame.rest;
      kept_seq = frame.seq;
    } else {
      take_of_run(std::move(frame));
    }
  }
  if (!frames.wrong().empty()) fail("the far side's sh said " + frames.wrong());
  heard.cancel();
}

void ShDriver::State::take_of_guard(std::string_view bytes) {
  for (const ShFrame& frame : guard_frames.feed(bytes)) {
    if (frame.kind == "guards") guards = true;
    const bool is_front = !runs.empty() && runs.front()->seq == frame.seq;
    if (is_front && frame.kind == "at") runs.front()->outcome.add_evidence(frame);
    if (is_front && frame.kind == "killed" && frame.rest == "left") fail("a program that was out of time could not be killed");
  }
  if (!guard_frames.wrong().empty()) fail("the guard on the far side said " + guard_frames.wrong());
  heard.cancel();
}

void ShDriver::State::take_of_run(ShFrame frame) {
  if (runs.empty() || runs.front()->seq != frame.seq) return fail("the far side's sh told of run " + std::to_string(frame.seq) + " out of turn");
  ShRun& front = *runs.front();
  if (const std::string trouble = front.outcome.take(frame); !trouble.empty()) return fail("the far side's sh " + trouble);
  if (frame.kind == "started") begin_front();
  if (front.outcome.is_over() && !front.over) front.over = Steady::now();
  arm();
  if (front.outcome.has_ended()) finish_front();
}

void ShDriver::State::begin_front() {
  ShRun& front = *runs.front();
  front.began = Steady::now();
  if (front.is_abandoned && !front.is_late) stop_front();
}

void ShDriver::State::finish_front() {
  const auto front = runs.front();
  runs.pop_front();
  Completion& completion = front->outcome.completion();
  completion.usage.wall = std::chrono::duration_cast<std::chrono::microseconds>(front->over.value_or(front->began) - front->began);
  if (front->is_late && !std::holds_alternative<Lost>(completion.how)) completion.how = TimedOut{};
  front->done = true;
  front->wake.cancel();
  if (!runs.empty() && runs.front()->follows) {
    runs.front()->outcome.start_after(front->outcome);
    begin_front();
  }
  arm();
}

// ---- time ----

void ShDriver::State::arm() {
  if (runs.empty() || !why_dead.empty()) {
    deadline.cancel();
    return;
  }
  const ShRun& front = *runs.front();
  const auto wall = front.command.limits.wall;
  auto from_now = Steady::now() + options.patience;
  if (front.outcome.has_started()) {
    if (wall.count() == 0 && !front.is_late) {
      deadline.cancel();
      return;
    }
    from_now = front.began + wall + (guard ? Steady::duration(0) : Steady::duration(options.patience));
  }
  if (front.is_late) from_now = Steady::now() + kill_patience;
  if (front.outcome.is_over()) from_now = Steady::now() + options.patience;      // for what it has left to be told
  deadline.expires_at(from_now);
  deadline.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    if (const auto self = weak.lock(); self && !error) self->on_deadline();
  });
}

void ShDriver::State::on_deadline() {
  if (runs.empty() || !why_dead.empty()) return;
  if (Steady::now() < deadline.expiry()) return;   // armed anew while this was queued
  const ShRun& front = *runs.front();
  if (!front.outcome.has_started() || front.outcome.is_over()) return fail("the far side's sh does not answer");
  if (front.is_late || !guard) return fail("a program that was out of time could not be killed");
  stop_front();
}

void ShDriver::State::stop_front() {
  ShRun& front = *runs.front();
  front.is_late = true;
  if (guard) guard->write("k " + std::to_string(front.seq) + "\n");
  arm();
}

void ShDriver::State::fail(const std::string& why) {
  if (!why_dead.empty()) return;
  why_dead = why;
  deadline.cancel();
  heard.cancel();
  bool suspect = true;
  for (const auto& run : std::exchange(runs, {})) {
    run->outcome.completion().how = Lost{why, std::exchange(suspect, false)};
    run->done = true;
    run->wake.cancel();
  }
  line->end_input();
  if (guard) guard->end_input();      // which makes it kill everything
}

}  // namespace xtest
