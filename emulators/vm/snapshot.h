// SPDX-License-Identifier: Apache-2.0
// A guest that was booted once, logged in to, given the agent, and frozen.
//
// Lies in its image's folder, at snapshots/KEY, complete or absent; the key is made of all that went in: image, qemu's
// version, the machine's words, the agent. Its two files are verified before use: one that was damaged is made again. The
// memory is mapped copy-on-write by every clone and never written. io_context thread. Errors are Error{infra}.
#pragma once

#include "emulators/vm/machine.h"
#include "runner/store/private_apt.h"

#include <filesystem>
#include <string>

namespace xtest {

struct Snapshot {
  std::filesystem::path folder;
  std::filesystem::path memory() const { return folder / "memory"; }
  std::filesystem::path state() const { return folder / "state"; }
  std::filesystem::path disk() const { return folder / "disk"; }   // of images that have one
};

// Where the agent lies in such a guest.
inline constexpr const char* agent_in_snapshot = "/var/tmp/xtest";

// Finds the snapshot or makes it, once for all processes. `base` says how the machine is to be started (memory and disk are
// set here); `version` is qemu's, `agent` was built for the guest.
Task<Snapshot> provide_snapshot(MachineOptions base, std::string version, std::filesystem::path agent, Progress progress);

// What a machine needs to boot, with a memory and a disk of its own in that folder.
Task<MachineOptions> first_boot(Snapshot into, MachineOptions base);

// What a machine needs to go on from there by thaw(), with a disk of its own.
Task<MachineOptions> clone_of(Snapshot snapshot, MachineOptions base);

}  // namespace xtest
