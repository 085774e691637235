// SPDX-License-Identifier: Apache-2.0
// A far-away machine: everything to and from a port of this one comes later by a fixed time.
//
// On the test's io_context; the destructor closes it and its connections.
#pragma once

#include "runner/base/asio.h"

#include <chrono>
#include <cstdint>
#include <memory>

namespace xtest {

class SlowProxy {
 public:
  SlowProxy(asio::io_context& io, std::uint16_t to, std::chrono::milliseconds each_way);
  ~SlowProxy();
  SlowProxy(const SlowProxy&) = delete;
  SlowProxy& operator=(const SlowProxy&) = delete;

  std::uint16_t port() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace xtest
