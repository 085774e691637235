// SPDX-License-Identifier: Apache-2.0
// One qemu process with a guest in it: booted, or taken back from a snapshot of its memory.
//
// It runs below an agent of ours, so that it dies with xtest, whatever kills that. Its console goes to a file, which is
// the evidence when the guest is lost; its SSH port is one of the loopback that qemu chose. A second control socket lies
// in its folder, for people. io_context thread; the destructor kills it.
#pragma once

#include "emulators/agent/client.h"
#include "emulators/ssh/connection.h"
#include "emulators/vm/made_image.h"
#include "emulators/vm/qmp.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct MachineOptions {
  ImageRecipe recipe;
  MadeImage image;
  std::filesystem::path folder;                // for qemu's words and the control socket; made
  std::filesystem::path console;               // a file; its folder is made
  std::filesystem::path agent;
  std::string accelerator;                     // "tcg", "kvm"
  std::filesystem::path disk;                  // the guest's own overlay, where the image has a disk; or empty
  std::filesystem::path memory;                // the file that is the guest's memory; empty: no file, its states hold it
  bool is_clone = false;                       // it is a snapshot's: mapped copy-on-write, and the guest waits for thaw()
};

// The words of the machine that two guests have to share for one to continue where the other was frozen.
std::vector<std::string> hardware(const ImageRecipe& recipe, const MadeImage& image, const std::string& accelerator,
                                  const std::filesystem::path& disk);

class Machine {
 public:
  // Throws Error{infra} if qemu does not start, with its words.
  static Task<std::unique_ptr<Machine>> start(MachineOptions options);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Stops the guest for good and writes what is not memory to `state`, or all of it, by zstd, if that is in no file. thaw()
  // goes on from there.
  Task<void> freeze(std::filesystem::path state);
  Task<void> thaw(std::filesystem::path state);

  // Ready means that a command ran. Throws Error{infra}: the guest's kernel died, qemu ended, or it took too long. `through`
  // is a port of the loopback that leads to the guest's own.
  Task<std::unique_ptr<SshConnection>> connect(std::chrono::milliseconds patience, std::uint16_t through = 0);
  std::uint16_t port() const { return port_; } // of its SSH server, on the loopback

  std::string why_lost() const;                // a line of a panic on the console, qemu's end, or empty
  Task<std::string> find_out_why_lost();       // the same, when something was lost: it may become known in a moment
  bool was_killed() const;                     // qemu itself, which nothing in the guest can do
  std::string last_lines() const;              // of the console, each on a line of its own after a line's end
  Task<std::optional<std::chrono::microseconds>> processor_time();   // of this machine, used by the guest's processors
  Task<std::string> processor_state();         // qemu's word for what the guest does and its registers, or why they cannot be had

 private:
  struct Process;
  explicit Machine(MachineOptions options);
  Task<void> find_port();
  Task<void> prepare_migration();
  Task<std::string> until_status(std::string command, std::string while_it_is);
  Task<std::string> monitor(std::string words);
  std::string console() const;

  MachineOptions options_;
  std::unique_ptr<AgentClient> agent_;
  std::shared_ptr<Process> process_;
  std::unique_ptr<Qmp> qmp_;
  std::uint16_t port_ = 0;
};

}  // namespace xtest
