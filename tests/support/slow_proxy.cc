// SPDX-License-Identifier: Apache-2.0
#include "tests/support/slow_proxy.h"

#include <array>
#include <list>

namespace xtest {
namespace {

using Tcp = asio::ip::tcp;
using Socket = std::shared_ptr<Tcp::socket>;

// Pieces keep their order: each waits as long as the one before it, and is then written whole.
Task<void> carry(Socket from, Socket to, std::chrono::milliseconds delay) {
  const auto executor = co_await asio::this_coro::executor;
  const auto room = std::make_shared<std::array<char, 16384>>();
  for (;;) {
    const auto [error, size] = co_await from->async_read_some(asio::buffer(*room), asio::as_tuple(asio::use_awaitable));
    const auto due = std::make_shared<asio::steady_timer>(executor, delay);
    const std::string piece(room->data(), error ? 0 : size);
    due->async_wait([due, to, piece, ended = bool(error)](boost::system::error_code) {
      boost::system::error_code ignored;
      for (std::string_view left = piece; !left.empty() && !ignored;) left.remove_prefix(to->write_some(asio::buffer(left), ignored));
      if (ended) to->shutdown(Tcp::socket::shutdown_send, ignored);
    });
    if (error) co_return;
  }
}

}  // namespace

struct SlowProxy::State : std::enable_shared_from_this<State> {
  State(asio::io_context& run_on, std::uint16_t port, std::chrono::milliseconds time)
      : io(run_on), listener(io, {asio::ip::address_v4::loopback(), 0}), to(asio::ip::address_v4::loopback(), port), delay(time) {}

  void accept() {
    listener.async_accept([weak = weak_from_this()](boost::system::error_code error, Tcp::socket accepted) {
      const auto self = weak.lock();
      if (!self || error) return;
      const Socket near = std::make_shared<Tcp::socket>(std::move(accepted)), far = std::make_shared<Tcp::socket>(self->io);
      boost::system::error_code refused;
      far->connect(self->to, refused);
      self->sockets.insert(self->sockets.end(), {near, far});
      asio::co_spawn(self->io, carry(near, far, self->delay), asio::detached);
      asio::co_spawn(self->io, carry(far, near, self->delay), asio::detached);
      self->accept();
    });
  }

  asio::io_context& io;
  Tcp::acceptor listener;
  Tcp::endpoint to;
  std::chrono::milliseconds delay;
  std::list<Socket> sockets;
};

SlowProxy::SlowProxy(asio::io_context& io, std::uint16_t to, std::chrono::milliseconds each_way) : state_(std::make_shared<State>(io, to, each_way)) {
  state_->accept();
}

SlowProxy::~SlowProxy() {
  boost::system::error_code ignored;
  state_->listener.close(ignored);
  for (const Socket& socket : state_->sockets) socket->close(ignored);
}

std::uint16_t SlowProxy::port() const { return state_->listener.local_endpoint().port(); }

}  // namespace xtest
