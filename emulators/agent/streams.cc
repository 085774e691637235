// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/streams.h"

#include "emulators/agent/protocol.h"
#include "runner/base/fd.h"

#include <utility>

namespace xtest {
namespace {

asio::posix::stream_descriptor own(asio::any_io_executor executor, int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) throw_errno("cannot keep a descriptor of a program");
  return {executor, copy};
}

}  // namespace

AgentStreams::AgentStreams(asio::any_io_executor executor, const std::array<int, 3>& pipes, Way way)
    : way_(std::move(way)),
      in_(own(executor, pipes[0])),
      out_{Outlet(own(executor, pipes[1])), Outlet(own(executor, pipes[2]))},
      change_(executor, asio::steady_timer::time_point::max()) {}

void AgentStreams::start() { read(); }

void AgentStreams::read() {
  if (reading_ || !in_.is_open() || unconfirmed_ >= XA_WINDOW) return;
  reading_ = true;
  in_.async_read_some(asio::buffer(chunk_), [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
    self->reading_ = false;
    if (!self->in_.is_open()) return;
    if (error) self->in_.close();
    self->unconfirmed_ += size;
    self->way_.input({self->chunk_.data(), error ? 0 : size});
    self->read();
  });
}

void AgentStreams::taken(std::uint64_t bytes) {
  unconfirmed_ -= std::min(unconfirmed_, bytes);
  read();
}

void AgentStreams::take(std::uint32_t channel, std::string_view bytes) {
  Outlet& outlet = out_[channel == 0 ? 0 : 1];
  if (!outlet.pipe.is_open()) return way_.written(bytes.size());
  outlet.queued += bytes;
  flush(outlet);
}

void AgentStreams::flush(Outlet& outlet) {
  while (!outlet.queued.empty() && outlet.pipe.is_open() && !outlet.waits) {
    boost::system::error_code error;
    outlet.pipe.native_non_blocking(true);
    const auto done = outlet.pipe.write_some(asio::buffer(outlet.queued), error);
    outlet.queued.erase(0, done);
    if (done > 0) way_.written(done);
    if (error == asio::error::would_block) {
      outlet.waits = true;
      outlet.pipe.async_wait(asio::posix::stream_descriptor::wait_write, [self = shared_from_this(), &outlet](boost::system::error_code failed) {
        outlet.waits = false;
        if (!failed) self->flush(outlet);
      });
    } else if (error) {
      way_.written(std::exchange(outlet.queued, {}).size());
      outlet.pipe.close();
      way_.unread();
    }
  }
  change_.cancel();
}

Task<void> AgentStreams::drained() {
  const auto self = shared_from_this();
  const auto is_waiting = [&](const Outlet& outlet) { return outlet.pipe.is_open() && !outlet.queued.empty(); };
  while (is_waiting(out_[0]) || is_waiting(out_[1])) co_await change_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void AgentStreams::stop() {
  in_.close();
  for (Outlet& outlet : out_) outlet.pipe.close();
  change_.cancel();
}

}  // namespace xtest
