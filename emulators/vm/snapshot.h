// SPDX-License-Identifier: Apache-2.0
// A guest that was booted once, logged in to, given the agent, and frozen.
//
// Lies in its image's folder, at snapshots/KEY, complete or absent; the key is made of all that went in: image, qemu's
// version, the machine's words, the agent. Its files are verified before use: one that was damaged is made again, as is one
// that qemu could not take up (forget). The memory is mapped copy-on-write by every clone and never written; where the
// cache's file system cannot map files so, or has no room for all of it, the state holds the memory, and each clone reads it
// (streamed). io_context thread. Errors are Error{infra}.
#pragma once

#include "emulators/vm/machine.h"
#include "runner/store/private_apt.h"

#include <filesystem>
#include <string>

namespace xtest {

struct Snapshot {
  std::filesystem::path folder;
  std::filesystem::path memory() const { return folder / "memory"; }   // not there: it is streamed
  std::filesystem::path state() const { return folder / "state"; }
  std::filesystem::path disk() const { return folder / "disk"; }   // of images that have one
};

// Where the agent lies in such a guest.
inline constexpr const char* agent_in_snapshot = "/var/tmp/xtest";

// Finds the snapshot or makes it, once for all processes. `base` says how the machine is to be started (memory and disk are
// set here); `version` is qemu's, `agent` was built for the guest.
Task<Snapshot> provide_snapshot(MachineOptions base, std::string version, std::filesystem::path agent, Progress progress);

// Why a memory of that size cannot be a file there, which guests map; or empty.
std::string why_no_memory_file(const std::filesystem::path& folder, int mib);

// The next one to ask for it makes it anew; guests that run do not notice.
void forget(const Snapshot& snapshot);

// What a machine needs to boot, with a memory and a disk of its own in that folder.
Task<MachineOptions> first_boot(Snapshot into, MachineOptions base);

// What a machine needs to go on from there by thaw(), with a disk of its own.
Task<MachineOptions> clone_of(Snapshot snapshot, MachineOptions base);

}  // namespace xtest
