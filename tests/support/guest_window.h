// SPDX-License-Identifier: Apache-2.0
// A look into the guest that a session of the executor `vm` runs in, past that session: over a connection of its own.
//
// Opened anew by whoever has another guest. Nothing is seen in a guest whose qemu has gone; everything else that goes
// wrong is thrown.
#pragma once

#include "emulators/ssh/connection.h"
#include "emulators/vm/image.h"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace xtest {

class GuestWindow {
 public:
  // `cache` and `scratch` are the executor's; the only qemu that runs below `scratch` is the one.
  GuestWindow(asio::io_context& io, const std::string& image, const std::filesystem::path& cache, const std::filesystem::path& scratch);

  bool is_open() const { return connection_ != nullptr; }             // there was a guest
  std::vector<std::string> processes_with(const std::string& text);   // "/proc/PID", by command line or environment
  pid_t parent_running(const std::string& mark);                      // 0: none
  void kill(pid_t pid);                                               // SIGKILL
  bool exists(const std::string& path);

 private:
  std::string said(const std::string& script);                        // by sh in the guest; empty: it has gone

  asio::io_context& io_;
  std::unique_ptr<SshConnection> connection_;
};

}  // namespace xtest
