// SPDX-License-Identifier: Apache-2.0
// Moves the bytes of all channels of a connection, and waits while there are none.
#include "emulators/ssh/connection_state.h"

#include <algorithm>
#include <array>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto tick = 200ms;               // a net: libssh may hold data that poll(2) knows nothing of
constexpr std::size_t piece = 64u << 10;   // read or written at once, a channel

}  // namespace

void SshConnection::State::arm() {
  const auto self = shared_from_this();
  if (!waits_read) {
    waits_read = true;
    socket->async_wait(asio::posix::stream_descriptor::wait_read, [self](boost::system::error_code) {
      self->waits_read = false;
      self->wake();
    });
  }
  if (waits_write || !(ssh_get_poll_flags(session.get()) & SSH_WRITE_PENDING)) return;
  waits_write = true;
  socket->async_wait(asio::posix::stream_descriptor::wait_write, [self](boost::system::error_code) {
    self->waits_write = false;
    self->wake();
  });
}

void SshConnection::State::keep_ticking() {
  net.expires_after(tick);
  net.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (error || !self->why_dead.empty()) return;
    self->wake();
    self->keep_ticking();
  });
}

Task<void> SshConnection::State::wait_ready() {
  if (!socket->is_open()) co_return;
  arm();
  co_await ready.async_wait(asio::as_tuple(asio::use_awaitable));
}

Task<void> SshConnection::State::pump() {
  const auto self = shared_from_this();
  event.reset(ssh_event_new());
  ssh_event_add_session(event.get(), session.get());
  while (why_dead.empty()) {
    if (ssh_event_dopoll(event.get(), 0) == SSH_ERROR) fail("the connection was lost: " + words());
    bool moved = false;
    std::erase_if(channels, [](const auto& channel) { return channel->end.has_value(); });
    for (const auto& channel : std::vector(channels)) moved = step(*channel) || moved;
    if (!why_dead.empty()) break;
    if (!ssh_is_connected(session.get())) fail("the connection was closed: " + words());
    else if (moved) co_await asio::post(executor, asio::use_awaitable);
    else co_await wait_ready();
  }
}

bool SshConnection::State::step(SshChannel::State& channel) {
  if (channel.end || !channel.handle) return false;
  const bool wrote = write_to(channel);
  const bool out = read_from(channel, Channel::out), err = read_from(channel, Channel::err);
  if (wrote || out || err || !why_dead.empty()) return true;
  return has_ended(channel);
}

bool SshConnection::State::read_from(SshChannel::State& channel, Channel which) {
  static std::array<char, piece> buffer;
  if (!why_dead.empty() || (channel.output.has_room && !channel.output.has_room())) return false;
  const int size =
      ssh_channel_read_nonblocking(channel.handle.get(), buffer.data(), buffer.size(), which == Channel::err ? 1 : 0);
  if (size == SSH_ERROR) fail("the connection was lost: " + words());
  if (size <= 0) return false;
  channel.output.take(which, std::string_view(buffer.data(), static_cast<std::size_t>(size)));
  return true;
}

bool SshConnection::State::write_to(SshChannel::State& channel) {
  if (channel.queued() > 0) {
    const auto room = std::min<std::size_t>({channel.queued(), ssh_channel_window_size(channel.handle.get()), piece});
    const int size = room == 0 ? 0 : ssh_channel_write(channel.handle.get(), channel.input.data() + channel.sent,
                                                       static_cast<std::uint32_t>(room));
    if (size == 0 || size == SSH_AGAIN) return false;
    // An error: it reads no more, and how it ended is told by its end.
    channel.sent = size < 0 ? channel.input.size() : channel.sent + static_cast<std::size_t>(size);
    channel.forget_sent();
    channel.changed.cancel();
    return true;
  }
  if (!channel.input_ended || channel.eof_sent) return false;
  channel.eof_sent = true;
  ssh_channel_send_eof(channel.handle.get());
  return true;
}

// After its output: a channel that is closed with neither status nor signal says nothing about the command.
bool SshConnection::State::has_ended(SshChannel::State& channel) {
  if (!ssh_channel_is_closed(channel.handle.get())) return false;
  if (channel.output.has_room && !channel.output.has_room()) return false;
  if (channel.status) channel.end = Exited{*channel.status};
  else if (!channel.signal.empty()) channel.end = Signalled{0, channel.signal};
  else channel.end = Lost{"the channel was closed without a status"};
  channel.changed.cancel();
  return true;
}

void SshConnection::State::fail(const std::string& why) {
  if (!why_dead.empty()) return;
  why_dead = why;
  for (const auto& channel : std::exchange(channels, {})) {
    if (!channel->end) channel->end = Lost{why};
    channel->changed.cancel();
  }
  if (socket) socket->close();
  net.cancel();
  wake();
}

}  // namespace xtest
