// SPDX-License-Identifier: Apache-2.0
// A pool of two threads for pure `bytes -> value` work that would stall the io_context thread: hashing, unpacking,
// YAML, source scans, SQLite, fdatasync.
//
// co_await offload.run(fn) returns fn's value, or throws what it threw, on the awaiting coroutine's own executor. The
// function must not touch state of the io_context thread. Cancelling the coroutine does not interrupt a function that
// runs. The destructor waits for the running functions; queued ones are dropped, so it outlives every awaiting coroutine.
#pragma once

#include "runner/base/asio.h"

#include <cstddef>
#include <optional>
#include <type_traits>

namespace xtest {

class Offload {
 public:
  explicit Offload(std::size_t threads = 2);
  ~Offload();
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;

  template <class F>
  Task<std::invoke_result_t<F&>> run(F fn) {
    using Result = std::invoke_result_t<F&>;
    if constexpr (std::is_void_v<Result>) {
      auto work = [&fn]() -> Task<void> {
        fn();
        co_return;
      };
      co_await asio::co_spawn(pool_, work, asio::use_awaitable);
    } else {
      std::optional<Result> result;
      auto work = [&fn, &result]() -> Task<void> {
        result.emplace(fn());
        co_return;
      };
      co_await asio::co_spawn(pool_, work, asio::use_awaitable);
      co_return std::move(*result);
    }
  }

 private:
  asio::thread_pool pool_;
};

}  // namespace xtest
