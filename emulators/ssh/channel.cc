// SPDX-License-Identifier: Apache-2.0
#include "emulators/ssh/connection_state.h"

#include <utility>

namespace xtest {
namespace {

constexpr std::size_t most_sent_kept = 1u << 20;

}  // namespace

void SshChannel::State::forget_sent() {
  if (sent != input.size() && sent < most_sent_kept) return;
  input.erase(0, sent);
  sent = 0;
}

SshChannel::SshChannel(std::shared_ptr<State> state) : state_(std::move(state)) {}

SshChannel::~SshChannel() { give_up("the channel was closed by us"); }

void SshChannel::give_up(const std::string& why) {
  if (state_->end) return;
  ssh_channel_close(state_->handle.get());
  state_->end = Lost{why};
  state_->changed.cancel();
  state_->wake_pump();
}

void SshChannel::write(std::string_view bytes) {
  state_->input += bytes;
  state_->wake_pump();
}

void SshChannel::end_input() {
  state_->input_ended = true;
  state_->wake_pump();
}

std::size_t SshChannel::queued() const { return state_->queued(); }
void SshChannel::wake() { state_->wake_pump(); }

Task<void> SshChannel::drained(std::size_t most) {
  const auto state = state_;
  while (!state->end && state->queued() > most) {
    co_await state->changed.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

Task<Termination> SshChannel::wait() {
  const auto state = state_;
  while (!state->end) co_await state->changed.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return *state->end;
}

}  // namespace xtest
