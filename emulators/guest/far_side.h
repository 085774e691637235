// SPDX-License-Identifier: Apache-2.0
// The far side of a session over SSH: its folder there, the files that were sent, and short commands.
//
// Nothing but `sh`, `mkdir` and `rm` is needed there, and `tar` for speed. Files are sent once by their content, however
// often they are staged and under whatever name; files that lie together here do so there. A server that bounds the
// channels of a connection (MaxSessions) is reached by further connections. io_context thread; errors are Error{infra}.
#pragma once

#include "emulators/guest/staging.h"
#include "emulators/ssh/connection.h"
#include "runner/base/asio.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace xtest {

using Connect = std::function<Task<std::unique_ptr<SshConnection>>()>;

class FarSide {
 public:
  // `folder`: where ours is made; empty: the first of TMPDIR, /tmp, /var/tmp and the home in which programs can be started.
  static Task<std::unique_ptr<FarSide>> open(std::unique_ptr<SshConnection> connection, Connect further, std::string folder);

  // Of a guest that is known: nothing is looked at, it has tar, and whoever sends files makes `folder`.
  static std::unique_ptr<FarSide> at(std::unique_ptr<SshConnection> connection, std::string folder);

  const std::string& folder() const { return folder_; }
  const std::string& kernel() const { return system_; }       // "Linux 6.1.0 x86_64"
  int cores() const { return cores_; }
  bool alive() const { return connections_.front()->alive(); }

  Task<std::unique_ptr<SshChannel>> exec(std::string command, SshOutput output);
  Task<Completion> run(std::string command, std::string input = {});
  Task<void> send(std::string member, std::string bytes);     // an executable file of the folder
  Task<void> stage(std::vector<std::filesystem::path> files);
  std::string path_of(const std::filesystem::path& file) const;      // over there; "" for what was not staged
  Task<void> remove();                                         // what cannot be removed is logged

  // Why a program for a processor cannot run there, or empty: a shell would take it for a script.
  std::string why_foreign(const std::string& program) const;

 private:
  using Members = std::vector<std::pair<std::string, std::string>>;      // path below the folder, bytes

  FarSide() = default;
  template <class Attempt>
  auto on_any(Attempt attempt) -> decltype(attempt(std::declval<SshConnection&>()));
  Task<void> look_around(std::string wanted);
  Task<void> send_all(Members members, std::string links);
  Task<void> send_tar(Members members, std::string links);
  Task<void> send_text(Members members, std::string links);

  std::vector<std::unique_ptr<SshConnection>> connections_;   // the first has the driver
  Connect further_;
  std::string folder_, system_, elf_;
  bool has_tar_ = false;
  int cores_ = 1;
  Staging staging_;
};

}  // namespace xtest
