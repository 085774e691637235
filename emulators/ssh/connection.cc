// SPDX-License-Identifier: Apache-2.0
#include "emulators/ssh/connection_state.h"

#include <utility>

namespace xtest {
namespace {

constexpr auto channel_patience = std::chrono::seconds(30);
constexpr std::size_t run_limit = 4u << 20;   // output kept of a short command

}  // namespace

Task<std::unique_ptr<SshConnection>> SshConnection::open(SshOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  std::unique_ptr<SshConnection> connection(new SshConnection(std::make_shared<State>(executor, std::move(options))));
  co_await connection->state_->connect();
  const auto state = connection->state_;
  asio::co_spawn(executor, [state] { return state->pump(); }, asio::detached);
  co_return connection;
}

SshConnection::SshConnection(std::shared_ptr<State> state) : state_(std::move(state)) {}

SshConnection::~SshConnection() { state_->fail("the connection was closed by us"); }

Task<std::unique_ptr<SshChannel>> SshConnection::exec(std::string command, SshOutput output) {
  const auto state = state_;
  if (!state->why_dead.empty()) throw Error(ErrorKind::infra, state->why_dead);
  auto channel = std::make_shared<SshChannel::State>(state->executor, std::move(output));
  channel->wake_pump = [weak = std::weak_ptr(state)] {
    if (const auto alive = weak.lock()) alive->wake();
  };
  channel->connection = state;
  channel->handle.reset(ssh_channel_new(state->session.get()));
  channel->callbacks.userdata = channel.get();
  channel->callbacks.channel_exit_status_function = [](ssh_session, ssh_channel, int status, void* data) {
    static_cast<SshChannel::State*>(data)->status = status;
  };
  channel->callbacks.channel_exit_signal_function = [](ssh_session, ssh_channel, const char* signal, int, const char*,
                                                       const char*, void* data) {
    static_cast<SshChannel::State*>(data)->signal = signal;
  };
  ssh_callbacks_init(&channel->callbacks);
  ssh_set_channel_callbacks(channel->handle.get(), &channel->callbacks);
  const auto deadline = std::chrono::steady_clock::now() + channel_patience;
  auto* const handle = channel->handle.get();
  int done = co_await state->until_done([handle] { return ssh_channel_open_session(handle); }, SSH_AGAIN, "a channel", deadline);
  if (done != SSH_OK) throw Error(ErrorKind::infra, state->name() + " opens no channel: " + state->words());
  done = co_await state->until_done([&] { return ssh_channel_request_exec(handle, command.c_str()); }, SSH_AGAIN, "a command", deadline);
  if (done != SSH_OK) throw Error(ErrorKind::infra, state->name() + " starts no command: " + state->words());
  state->channels.push_back(channel);
  state->wake();
  co_return std::unique_ptr<SshChannel>(new SshChannel(channel));
}

Task<Completion> SshConnection::run(std::string command, std::string input, std::chrono::milliseconds limit) {
  auto completion = std::make_shared<Completion>();   // shared with handlers that may be queued when this ends
  SshOutput output;
  output.take = [completion](Channel which, std::string_view bytes) {
    std::string& text = (which == Channel::out ? completion->out : completion->err).text;
    if (text.size() < run_limit) text += bytes;
  };
  const std::shared_ptr<SshChannel> channel = co_await exec(std::move(command), std::move(output));
  asio::steady_timer late(state_->executor, limit);
  late.async_wait([weak = std::weak_ptr(channel)](boost::system::error_code error) {
    if (const auto running = weak.lock(); running && !error) running->give_up("the command did not end in time");
  });
  channel->write(input);
  channel->end_input();
  completion->how = co_await channel->wait();
  co_return std::move(*completion);
}

bool SshConnection::alive() const { return state_->why_dead.empty(); }
const std::string& SshConnection::why_dead() const { return state_->why_dead; }

}  // namespace xtest
