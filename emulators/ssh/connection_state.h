// SPDX-License-Identifier: Apache-2.0
// What a connection and its channels keep: libssh's handles and what waits. Private to emulators/ssh.
#pragma once

#include "emulators/ssh/connection.h"
#include "runner/base/error.h"
#include "runner/base/fd.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace xtest {

// Since 0.10 libssh leaves a descriptor that it was given open, unless it saw its end.
struct FreeSession {
  void operator()(ssh_session session) const {
    const UniqueFd socket(ssh_get_fd(session));
    ssh_disconnect(session);
    ssh_free(session);
  }
};
struct FreeEvent { void operator()(ssh_event event) const { ssh_event_free(event); } };
struct FreeChannel { void operator()(ssh_channel channel) const { ssh_channel_free(channel); } };
using SessionHandle = std::unique_ptr<std::remove_pointer_t<ssh_session>, FreeSession>;
using EventHandle = std::unique_ptr<std::remove_pointer_t<ssh_event>, FreeEvent>;
using ChannelHandle = std::unique_ptr<std::remove_pointer_t<ssh_channel>, FreeChannel>;

struct SshChannel::State {
  State(asio::any_io_executor executor, SshOutput wanted) : output(std::move(wanted)), changed(executor, std::chrono::steady_clock::time_point::max()) {}
  // A freed channel lives on inside libssh until the server has closed it, and so would the callbacks.
  ~State() {
    if (handle) ssh_remove_channel_callbacks(handle.get(), &callbacks);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::size_t queued() const { return input.size() - sent; }
  void forget_sent();

  std::shared_ptr<void> connection;        // freeing a session frees its channels: the handle goes first
  ChannelHandle handle;
  SshOutput output;
  std::string input;                       // from `sent` on it waits
  std::size_t sent = 0;
  bool input_ended = false, eof_sent = false;
  std::optional<int> status;               // from the server's messages
  std::string signal;                      // "SEGV"
  std::optional<Termination> end;
  asio::steady_timer changed;              // cancelled when something is new
  ssh_channel_callbacks_struct callbacks{};
  std::function<void()> wake_pump;
};

struct SshConnection::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor run_on, SshOptions wanted)
      : executor(run_on), options(std::move(wanted)), ready(executor, std::chrono::steady_clock::time_point::max()), net(executor) {}

  Task<void> connect();
  void check_host_key();
  void check_known_host();
  Task<void> authenticate();
  Task<void> wait_ready();
  template <class Attempt>
  Task<int> until_done(Attempt attempt, int again, const char* doing, std::chrono::steady_clock::time_point deadline);
  void arm();
  void keep_ticking();
  Task<void> pump();
  bool step(SshChannel::State& channel);
  bool read_from(SshChannel::State& channel, Channel which);
  bool write_to(SshChannel::State& channel);
  bool has_ended(SshChannel::State& channel);
  void fail(const std::string& why);
  std::string words() const { return ssh_get_error(session.get()); }
  std::string name() const { return options.user + "@" + options.host + ":" + std::to_string(options.port); }
  void wake() { ready.cancel(); }

  asio::any_io_executor executor;
  SshOptions options;
  SessionHandle session;
  EventHandle event;                       // reads what comes also when no channel asks for it: ends of channels
  std::optional<asio::posix::stream_descriptor> socket;   // a dup of libssh's own, to wait on
  bool waits_read = false, waits_write = false;
  asio::steady_timer ready, net;
  std::vector<std::shared_ptr<SshChannel::State>> channels;
  std::string why_dead;
};

template <class Attempt>
Task<int> SshConnection::State::until_done(Attempt attempt, int again, const char* doing, std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const int result = attempt();
    if (result != again) co_return result;
    if (std::chrono::steady_clock::now() > deadline) throw Error(ErrorKind::infra, name() + " did not answer in time: " + doing);
    co_await wait_ready();
    if (!why_dead.empty()) throw Error(ErrorKind::infra, why_dead);
  }
}

}  // namespace xtest
