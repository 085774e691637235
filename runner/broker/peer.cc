// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/peer.h"

#include <sys/socket.h>

#include <utility>

namespace xtest {
namespace {

bool would_block(long result) { return result < 0 && (errno == EAGAIN || errno == EINTR); }

}  // namespace

Task<std::optional<Peer::Incoming>> Peer::receive() {
  Incoming incoming;
  std::vector<int> fds;
  Cut cut = Cut::partial;
  long got = 1;
  while (socket_.is_open() && (cut = cut_message(rest_, incoming.message)) == Cut::partial) {
    got = receive_bytes(socket_.native_handle(), rest_, fds, MSG_DONTWAIT);
    for (const int fd : std::exchange(fds, {})) incoming.fds.emplace_back(fd);
    if (got > 0) continue;
    if (!would_block(got)) break;
    const auto [error] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    if (error) break;
  }
  if (cut == Cut::whole) co_return incoming;
  co_return std::nullopt;
}

Task<void> Peer::send(Message message, std::vector<int> fds) {
  const std::string bytes = encode(message);
  for (std::size_t sent = 0; sent < bytes.size() && socket_.is_open();) {
    const long done = send_bytes(socket_.native_handle(), std::string_view(bytes).substr(sent), fds, MSG_DONTWAIT);
    if (done > 0) {
      sent += static_cast<std::size_t>(done);
      fds.clear();
      continue;
    }
    if (!would_block(done)) co_return;
    const auto [error] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_write, asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

}  // namespace xtest
