// SPDX-License-Identifier: Apache-2.0
// Carries the bytes of a program in another system between the agent's frames and three pipes here.
//
// The pipes are duplicated, made non-blocking and closed by stop(). Both directions hold back: input is read only while
// the program takes it, output is acknowledged only once it has been written. io_context thread.
#pragma once

#include "runner/base/asio.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace xtest {

class AgentStreams : public std::enable_shared_from_this<AgentStreams> {
 public:
  struct Way {
    std::function<void(std::string_view)> input;      // for the program's stdin; empty: its end
    std::function<void(std::uint64_t)> written;       // so many bytes of its output have gone out
    std::function<void()> unread;                     // nobody reads one of its outputs any more
  };

  // `pipes` are stdin, stdout and stderr as the program would have them. Throws std::system_error.
  AgentStreams(asio::any_io_executor executor, const std::array<int, 3>& pipes, Way way);

  void start();
  void take(std::uint32_t channel, std::string_view bytes);   // 0: stdout, 1: stderr
  void taken(std::uint64_t bytes);                            // the program has got so much more of its input
  Task<void> drained();                                       // until all output is written, or stop()
  void stop();

 private:
  struct Outlet {
    explicit Outlet(asio::posix::stream_descriptor end) : pipe(std::move(end)) {}
    asio::posix::stream_descriptor pipe;
    std::string queued;
    bool waits = false;
  };

  void read();
  void flush(Outlet& outlet);

  Way way_;
  asio::posix::stream_descriptor in_;
  std::array<Outlet, 2> out_;
  asio::steady_timer change_;
  std::array<char, 65536> chunk_;
  std::uint64_t unconfirmed_ = 0;   // input bytes on their way
  bool reading_ = false;
};

}  // namespace xtest
