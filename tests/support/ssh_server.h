// SPDX-License-Identifier: Apache-2.0
// A real SSH server on this machine's loopback, for tests: OpenSSH's sshd or dropbear, as the user who runs the tests.
//
// It has a host key, a user key and a configuration of its own in a temporary folder; the destructor kills it. With a
// login shell of its own (and always with dropbear, which reads keys in the home folder only) it runs in a mount namespace
// where /etc/passwd names that shell and the home folder home().
#pragma once

#include "emulators/ssh/connection.h"
#include "runner/base/process.h"

#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct SshServerKind {
  std::vector<std::string> configuration;      // further lines of sshd_config
  std::string login_shell;                     // a program on PATH; empty: the user's
  bool is_dropbear = false;
};

class SshServer {
 public:
  explicit SshServer(asio::io_context& io, SshServerKind kind = {});
  ~SshServer();
  SshServer(const SshServer&) = delete;
  SshServer& operator=(const SshServer&) = delete;

  const std::string& why_not() const { return why_not_; }       // it cannot be had here
  SshOptions options() const;
  std::string address() const;                                  // "USER@127.0.0.1:PORT"
  std::filesystem::path known_hosts() const { return folder_ / "known_hosts"; }
  pid_t pid() const { return child_->pid(); }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path home() const { return folder_ / "home"; }
  void kill() { child_->kill_group(); }
  std::vector<pid_t> connections() const;                       // the processes that serve them

 private:
  void write_keys();
  void write_configuration(const std::vector<std::string>& more);
  void write_passwd(const std::string& shell);
  bool listens() const;

  std::filesystem::path folder_;
  std::string why_not_, host_key_;
  std::uint16_t port_ = 0;
  std::optional<Child> child_;
};

}  // namespace xtest
