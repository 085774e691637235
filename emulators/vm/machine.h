// SPDX-License-Identifier: Apache-2.0
// One qemu process with a guest in it.
//
// It runs below an agent of ours, so that it dies with xtest, whatever kills that. Its console goes to a file, which is
// the evidence when the guest is lost; its SSH port is one of the loopback that qemu chose. io_context thread; the
// destructor kills it.
#pragma once

#include "emulators/agent/client.h"
#include "emulators/ssh/connection.h"
#include "emulators/vm/made_image.h"
#include "emulators/vm/qmp.h"

#include <filesystem>
#include <memory>
#include <string>

namespace xtest {

struct MachineOptions {
  ImageRecipe recipe;
  MadeImage image;
  std::filesystem::path folder;                // for the console; made
  std::filesystem::path agent;
};

class Machine {
 public:
  // Throws Error{infra} if qemu does not start, with its words.
  static Task<std::unique_ptr<Machine>> start(MachineOptions options);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Ready means that a command ran. Throws Error{infra}: the guest's kernel died, qemu ended, or it took too long.
  Task<std::unique_ptr<SshConnection>> connect(std::chrono::milliseconds patience);

  std::string why_lost() const;                // a line of a panic on the console, qemu's end, or empty
  Task<std::string> find_out_why_lost();       // the same, when something was lost: it may become known in a moment
  std::string last_lines() const;              // of the console, each on a line of its own after a line's end

 private:
  struct Process;
  explicit Machine(MachineOptions options);
  Task<void> find_port();
  std::string console() const;

  MachineOptions options_;
  std::unique_ptr<AgentClient> agent_;
  std::shared_ptr<Process> process_;
  std::unique_ptr<Qmp> qmp_;
  std::uint16_t port_ = 0;
};

}  // namespace xtest
