// SPDX-License-Identifier: Apache-2.0
// One SSH connection to a guest or a machine, and the commands that run over it.
//
// libssh in non-blocking mode on the one io_context thread: one pump a connection moves bytes of all channels. Channels
// are bounded by the server (OpenSSH: MaxSessions, 10). No configuration of the user's is read; the server's key has to
// be one of those that are expected, or the connection is refused. Whatever keeps a connection or a channel from being
// opened is Error{infra} in the words of a person. When the connection is lost, every channel ends as Lost.
#pragma once

#include "runner/base/asio.h"
#include "runner/model/completion.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct SshOptions {
  std::string host;                            // a name or an address
  std::uint16_t port = 22;
  std::string user;
  std::filesystem::path private_key;
  std::vector<std::string> host_keys;          // "ssh-ed25519 AAAA...": any of them is accepted, nothing else; or empty:
  std::filesystem::path known_hosts;           // a file as ssh(1) writes it, which has to have the host's key
  std::chrono::milliseconds patience{10000};   // for the whole handshake
};

enum class Channel { out, err };

// What becomes of a channel's output. Both are called on the io_context thread, re-entrance into the channel is allowed.
struct SshOutput {
  std::function<void(Channel, std::string_view)> take;
  std::function<bool()> has_room = {};         // false: the server keeps it, until wake(); absent: always
};

class SshConnection;

// One command on the far side. Owned by its user; the destructor closes the channel, which does not kill the command.
class SshChannel {
 public:
  ~SshChannel();
  SshChannel(const SshChannel&) = delete;
  SshChannel& operator=(const SshChannel&) = delete;

  void write(std::string_view bytes);          // queued without bound: look at queued()
  void end_input();
  std::size_t queued() const;
  void wake();                                 // there is room again
  Task<void> drained(std::size_t most);        // until at most so much is queued, or the channel has ended

  // Exited, Signalled (its name only, number 0), or Lost; after all of its output. Any number of times.
  Task<Termination> wait();
  void give_up(const std::string& why);        // it ends as Lost; the command over there is not told

 private:
  friend class SshConnection;
  struct State;
  explicit SshChannel(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

class SshConnection {
 public:
  static Task<std::unique_ptr<SshConnection>> open(SshOptions options);

  ~SshConnection();
  SshConnection(const SshConnection&) = delete;
  SshConnection& operator=(const SshConnection&) = delete;

  // The server gives `command` to the user's login shell, whatever that is: keep to words that all shells read alike.
  Task<std::unique_ptr<SshChannel>> exec(std::string command, SshOutput output);

  // The whole of a short command; `input` may be long. Lost when it has not ended in time.
  Task<Completion> run(std::string command, std::string input = {}, std::chrono::milliseconds limit = std::chrono::minutes(2));

  bool alive() const;
  const std::string& why_dead() const;

 private:
  struct State;
  explicit SshConnection(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace xtest
