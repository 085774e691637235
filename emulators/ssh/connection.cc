// SPDX-License-Identifier: Apache-2.0
#include "emulators/ssh/connection.h"

#include "emulators/ssh/key.h"
#include "runner/base/error.h"
#include "runner/base/fd.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

#include <algorithm>
#include <array>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using Steady = std::chrono::steady_clock;

constexpr auto tick = 200ms;               // a net: libssh may hold data that poll(2) knows nothing of
constexpr auto channel_patience = std::chrono::seconds(30);
constexpr std::size_t piece = 64u << 10;   // read or written at once, a channel
constexpr std::size_t most_sent_kept = 1u << 20;
constexpr std::size_t run_limit = 4u << 20;   // output kept of a short command

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

}  // namespace

struct SshChannel::State {
  State(asio::any_io_executor executor, SshOutput wanted) : output(std::move(wanted)), changed(executor, Steady::time_point::max()) {}
  // A freed channel lives on inside libssh until the server has closed it, and so would the callbacks.
  ~State() {
    if (handle) ssh_remove_channel_callbacks(handle.get(), &callbacks);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::size_t queued() const { return input.size() - sent; }
  void forget_sent() {
    if (sent != input.size() && sent < most_sent_kept) return;
    input.erase(0, sent);
    sent = 0;
  }

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
      : executor(run_on), options(std::move(wanted)), ready(executor, Steady::time_point::max()), net(executor) {}

  Task<void> connect();
  void check_host_key();
  void check_known_host();
  Task<void> authenticate();
  Task<void> wait_ready();
  template <class Attempt>
  Task<int> until_done(Attempt attempt, int again, const char* doing, Steady::time_point deadline);
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

namespace {

Task<UniqueFd> connect_tcp(std::string host, std::uint16_t port, std::chrono::milliseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  struct Attempt {   // shared with the timer, whose handler may be queued already when the attempt is over
    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::socket socket;
    bool is_late = false;
  };
  const auto attempt = std::make_shared<Attempt>(asio::ip::tcp::resolver(executor), asio::ip::tcp::socket(executor));
  asio::steady_timer limit(executor, patience);
  limit.async_wait([attempt](boost::system::error_code error) {
    if (error) return;
    attempt->is_late = true;
    attempt->resolver.cancel();
    attempt->socket.close();
  });
  boost::system::error_code error;
  const auto found = co_await attempt->resolver.async_resolve(host, std::to_string(port),
                                                              asio::redirect_error(asio::use_awaitable, error));
  if (!error && !attempt->is_late)
    co_await asio::async_connect(attempt->socket, found, asio::redirect_error(asio::use_awaitable, error));
  const std::string place = host + ":" + std::to_string(port);
  if (attempt->is_late) throw Error(ErrorKind::infra, "cannot connect to " + place + ": no answer in " + std::to_string(patience.count()) + " ms");
  if (error) throw Error(ErrorKind::infra, "cannot connect to " + place + ": " + error.message());
  attempt->socket.set_option(asio::ip::tcp::no_delay(true));
  co_return UniqueFd(attempt->socket.release());
}

void set(ssh_session session, ssh_options_e option, const void* value) {
  if (ssh_options_set(session, option, value) != SSH_OK)
    throw Error(ErrorKind::infra, std::string("libssh refuses an option: ") + ssh_get_error(session));
}

}  // namespace

// ---- opening ----

Task<void> SshConnection::State::connect() {
  const auto deadline = Steady::now() + options.patience;
  UniqueFd tcp = co_await connect_tcp(options.host, options.port, options.patience);
  session.reset(ssh_new());
  if (!session) throw Error(ErrorKind::infra, "libssh has no memory for a session");
  const int no_config = 0;
  set(session.get(), SSH_OPTIONS_PROCESS_CONFIG, &no_config);
  set(session.get(), SSH_OPTIONS_HOST, options.host.c_str());
  set(session.get(), SSH_OPTIONS_USER, options.user.c_str());
  const unsigned int port = options.port;
  set(session.get(), SSH_OPTIONS_PORT, &port);   // a part of the name that known_hosts has
  if (!options.known_hosts.empty()) set(session.get(), SSH_OPTIONS_KNOWNHOSTS, options.known_hosts.c_str());
  set(session.get(), SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
  const std::string types = key_types(options.host_keys);
  if (!types.empty()) set(session.get(), SSH_OPTIONS_HOSTKEYS, types.c_str());
  socket.emplace(executor, ::fcntl(tcp.get(), F_DUPFD_CLOEXEC, 3));
  const socket_t fd = tcp.get();
  set(session.get(), SSH_OPTIONS_FD, &fd);
  tcp.release();
  ssh_set_blocking(session.get(), 0);
  keep_ticking();
  const int connected =
      co_await until_done([this] { return ssh_connect(session.get()); }, SSH_AGAIN, "the key exchange", deadline);
  if (connected != SSH_OK) throw Error(ErrorKind::infra, "cannot speak SSH with " + name() + ": " + words());
  check_host_key();
  co_await authenticate();
}

void SshConnection::State::check_host_key() {
  if (options.host_keys.empty()) return check_known_host();
  ssh_key theirs = nullptr;
  if (ssh_get_server_publickey(session.get(), &theirs) != SSH_OK)
    throw Error(ErrorKind::infra, name() + " shows no host key: " + words());
  const std::string shown = public_text(theirs);
  ssh_key_free(theirs);
  if (std::ranges::find(options.host_keys, shown) != options.host_keys.end()) return;
  throw Error(ErrorKind::infra, name() + " shows another host key than the one that is known: " + shown,
              "if the machine was made anew, forget the old key; else someone may be in between");
}

void SshConnection::State::check_known_host() {
  const std::string file = options.known_hosts.string();
  switch (ssh_session_is_known_server(session.get())) {
    case SSH_KNOWN_HOSTS_OK: return;
    case SSH_KNOWN_HOSTS_CHANGED:
    case SSH_KNOWN_HOSTS_OTHER:
      throw Error(ErrorKind::infra, name() + " shows another host key than the one in " + file,
                  "if the machine was made anew, forget the old key (ssh-keygen -R); else someone may be in between");
    default:
      throw Error(ErrorKind::infra, "the host key of " + name() + " is not in " + file,
                  "log in once with ssh and compare the key it shows");
  }
}

Task<void> SshConnection::State::authenticate() {
  const auto deadline = Steady::now() + options.patience;
  ssh_key key = nullptr;
  if (ssh_pki_import_privkey_file(options.private_key.c_str(), nullptr, nullptr, nullptr, &key) != SSH_OK)
    throw Error(ErrorKind::infra, "cannot read the private key " + options.private_key.string());
  const std::unique_ptr<std::remove_pointer_t<ssh_key>, void (*)(ssh_key)> owned(key, ssh_key_free);
  const int answer = co_await until_done([&] { return ssh_userauth_publickey(session.get(), nullptr, key); }, SSH_AUTH_AGAIN,
                                         "authentication", deadline);
  if (answer != SSH_AUTH_SUCCESS)
    throw Error(ErrorKind::infra, name() + " does not accept the key " + options.private_key.string() + ": " + words());
}

template <class Attempt>
Task<int> SshConnection::State::until_done(Attempt attempt, int again, const char* doing, Steady::time_point deadline) {
  for (;;) {
    const int result = attempt();
    if (result != again) co_return result;
    if (Steady::now() > deadline) throw Error(ErrorKind::infra, name() + " did not answer in time: " + doing);
    co_await wait_ready();
    if (!why_dead.empty()) throw Error(ErrorKind::infra, why_dead);
  }
}

// ---- waiting ----

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

// ---- the pump ----

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

// ---- SshChannel ----

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

// ---- SshConnection ----

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
  const auto deadline = Steady::now() + channel_patience;
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
