// SPDX-License-Identifier: Apache-2.0
// A real SSH server on this machine's loopback, for tests: OpenSSH's sshd, as the user who runs the tests.
//
// It has a host key, a user key and a configuration of its own in a temporary folder; the destructor kills it.
#pragma once

#include "emulators/ssh/connection.h"
#include "runner/base/process.h"

#include <optional>
#include <string>
#include <vector>

namespace xtest {

class SshServer {
 public:
  explicit SshServer(asio::io_context& io, const std::vector<std::string>& more_configuration = {});
  ~SshServer();
  SshServer(const SshServer&) = delete;
  SshServer& operator=(const SshServer&) = delete;

  const std::string& why_not() const { return why_not_; }       // it cannot be had here
  SshOptions options() const;
  std::string address() const;                                  // "USER@127.0.0.1:PORT"
  std::filesystem::path known_hosts() const { return folder_ / "known_hosts"; }
  pid_t pid() const { return child_->pid(); }
  const std::filesystem::path& folder() const { return folder_; }
  void kill() { child_->kill_group(); }

 private:
  std::filesystem::path folder_;
  std::string why_not_, host_key_;
  std::uint16_t port_ = 0;
  std::optional<Child> child_;
};

}  // namespace xtest
