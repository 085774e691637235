// SPDX-License-Identifier: Apache-2.0
// From an address to a session that has authenticated.
#include "emulators/ssh/connection_state.h"
#include "emulators/ssh/key.h"

#include <algorithm>

namespace xtest {
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

Task<void> SshConnection::State::connect() {
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
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
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  ssh_key key = nullptr;
  if (ssh_pki_import_privkey_file(options.private_key.c_str(), nullptr, nullptr, nullptr, &key) != SSH_OK)
    throw Error(ErrorKind::infra, "cannot read the private key " + options.private_key.string());
  const std::unique_ptr<std::remove_pointer_t<ssh_key>, void (*)(ssh_key)> owned(key, ssh_key_free);
  const int answer = co_await until_done([&] { return ssh_userauth_publickey(session.get(), nullptr, key); }, SSH_AUTH_AGAIN,
                                         "authentication", deadline);
  if (answer != SSH_AUTH_SUCCESS)
    throw Error(ErrorKind::infra, name() + " does not accept the key " + options.private_key.string() + ": " + words());
}

}  // namespace xtest
