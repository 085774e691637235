// SPDX-License-Identifier: Apache-2.0
// One client's connection, at the broker's end.
//
// Shared by the coroutine that serves it and the one that waits for its signals; receive() is awaited by one of them at
// a time. io_context thread.
#pragma once

#include "runner/base/asio.h"
#include "runner/base/fd.h"
#include "runner/broker/wire.h"

#include <optional>
#include <string>
#include <vector>

namespace xtest {

class Peer {
 public:
  Peer(asio::any_io_executor executor, UniqueFd socket) : socket_(executor, socket.release()) {}

  struct Incoming {
    Message message;
    std::vector<UniqueFd> fds;
  };
  // Nothing: the client has gone, says nothing that we know, or close() was called.
  Task<std::optional<Incoming>> receive();
  Task<void> send(Message message, std::vector<int> fds = {});   // a client that has gone is no error
  void close() { socket_.close(); }

 private:
  asio::posix::stream_descriptor socket_;
  std::string rest_;
};

}  // namespace xtest
