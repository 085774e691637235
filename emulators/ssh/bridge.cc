// SPDX-License-Identifier: Apache-2.0
#include "emulators/ssh/bridge.h"

#include <array>
#include <cerrno>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t most_queued = 1u << 20;      // bytes held for either side
constexpr std::size_t most_complaints = 4096;

class Bridge : public std::enable_shared_from_this<Bridge> {
 public:
  Bridge(asio::any_io_executor executor, UniqueFd socket) : local_(executor, socket.release()) { local_.native_non_blocking(true); }

  SshOutput output() {
    const std::weak_ptr<Bridge> weak = weak_from_this();
    return {[weak](Channel which, std::string_view bytes) {
              if (const auto self = weak.lock()) self->take(which, bytes);
            },
            [weak] {
              const auto self = weak.lock();
              return !self || self->to_local_.size() < most_queued;
            }};
  }

  void carry(std::unique_ptr<SshChannel> channel) {
    channel_ = std::move(channel);
    const auto self = shared_from_this();
    asio::co_spawn(local_.get_executor(), [self] { return self->carry_input(); }, asio::detached);
    asio::co_spawn(local_.get_executor(), [self] { return self->wait_for_end(); }, asio::detached);
  }

  std::string last_words() const {
    std::string words = end_.empty() ? "" : " and " + end_;
    if (!complaints_.empty()) words += ": " + complaints_;
    return words;
  }

  void stop() {
    if (channel_) channel_->end_input();
    if (local_.is_open()) local_.close();
  }

 private:
  void take(Channel which, std::string_view bytes) {
    if (which == Channel::err) complaints_ += bytes.substr(0, most_complaints - std::min(most_complaints, complaints_.size()));
    else to_local_ += bytes;
    flush();
  }

  void flush() {
    while (!to_local_.empty() && local_.is_open() && !waits_) {
      boost::system::error_code error;
      const auto sent = local_.write_some(asio::buffer(to_local_), error);
      to_local_.erase(0, sent);
      if (error == asio::error::would_block) return wait_for_room();
      if (error) to_local_.clear();   // nobody listens any more
    }
    if (channel_) channel_->wake();
    if (!end_.empty() && to_local_.empty() && local_.is_open()) local_.close();
  }

  void wait_for_room() {
    waits_ = true;
    local_.async_wait(asio::posix::stream_descriptor::wait_write, [self = shared_from_this()](boost::system::error_code error) {
      self->waits_ = false;
      if (!error) self->flush();
    });
  }

  Task<void> carry_input() {
    const auto self = shared_from_this();
    std::vector<char> piece(64u << 10);
    while (local_.is_open()) {
      const auto [error, size] = co_await local_.async_read_some(asio::buffer(piece), asio::as_tuple(asio::use_awaitable));
      if (error) break;
      channel_->write(std::string_view(piece.data(), size));
      co_await channel_->drained(most_queued);
    }
    channel_->end_input();
  }

  Task<void> wait_for_end() {
    const auto self = shared_from_this();
    end_ = describe(co_await channel_->wait());
    flush();
  }

  asio::posix::stream_descriptor local_;
  std::unique_ptr<SshChannel> channel_;
  std::string to_local_, complaints_, end_;
  bool waits_ = false;
};

}  // namespace

Task<AgentLink> start_agent_over_ssh(ExecOverSsh exec, std::string command) {
  auto sockets = make_socket_pair();
  const auto bridge = std::make_shared<Bridge>(co_await asio::this_coro::executor, std::move(sockets.theirs));
  SshOutput output = bridge->output();
  bridge->carry(co_await exec(command, std::move(output)));
  co_return AgentLink{std::move(command), std::move(sockets.ours), [bridge] { return bridge->last_words(); }, [bridge](auto) { bridge->stop(); }};
}

}  // namespace xtest
