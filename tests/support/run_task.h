// SPDX-License-Identifier: Apache-2.0
// Runs coroutines to their end on an io_context of the test's own, and lets a test cancel them.
//
// One thread, the test's. An exception of the coroutine comes out of run_task().
#pragma once

#include "runner/base/asio.h"

#include <chrono>
#include <exception>
#include <optional>

namespace xtest {

// A test that waits says how long.
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

template <class T>
T run_task(asio::io_context& io, Task<T> task) {
  std::optional<T> result;
  std::exception_ptr problem;
  asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T value) {
    problem = thrown;
    result.emplace(std::move(value));
  });
  io.restart();
  while (!result) {
    if (io.run_one() == 0) break;
  }
  if (problem) std::rethrow_exception(problem);
  return std::move(*result);
}

inline void run_task(asio::io_context& io, Task<void> task) {
  auto with_value = [](Task<void> inner) -> Task<bool> {
    co_await std::move(inner);
    co_return true;
  };
  run_task(io, with_value(std::move(task)));
}

inline Task<void> pause_for(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

// Starts `task`, cancels it after `time`; returns what it threw (null: it ended by itself).
template <class T>
std::exception_ptr cancel_after(asio::io_context& io, Task<T> task, std::chrono::milliseconds time) {
  asio::cancellation_signal stop;
  std::exception_ptr problem;
  bool ended = false;
  asio::co_spawn(io, std::move(task),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr thrown, auto&&...) {
                   problem = thrown;
                   ended = true;
                 }));
  run_task(io, pause_for(time));
  stop.emit(asio::cancellation_type::terminal);
  while (!ended && io.run_one() != 0) {}
  return problem;
}

}  // namespace xtest
