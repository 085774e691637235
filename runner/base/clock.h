// SPDX-License-Identifier: Apache-2.0
// Time as a thing that can be handed in: wall time for what people read, monotonic time for durations.
//
// Whoever stamps events or measures takes a Clock&; tests hand in a ManualClock and move it. Timers that wait are
// Asio's and do not go through here. Any thread for SystemClock, one thread for ManualClock.
#pragma once

#include <chrono>

namespace xtest {

struct Clock {
  virtual ~Clock() = default;
  virtual std::chrono::system_clock::time_point wall() const = 0;
  virtual std::chrono::steady_clock::time_point mono() const = 0;
};

struct SystemClock final : Clock {
  std::chrono::system_clock::time_point wall() const override { return std::chrono::system_clock::now(); }
  std::chrono::steady_clock::time_point mono() const override { return std::chrono::steady_clock::now(); }
};

class ManualClock final : public Clock {
 public:
  std::chrono::system_clock::time_point wall() const override { return wall_; }
  std::chrono::steady_clock::time_point mono() const override { return mono_; }

  void set_wall(std::chrono::system_clock::time_point wall) { wall_ = wall; }
  void advance(std::chrono::nanoseconds by) {
    wall_ += std::chrono::duration_cast<std::chrono::system_clock::duration>(by);
    mono_ += std::chrono::duration_cast<std::chrono::steady_clock::duration>(by);
  }

 private:
  std::chrono::system_clock::time_point wall_{};
  std::chrono::steady_clock::time_point mono_{};
};

}  // namespace xtest
