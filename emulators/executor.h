// SPDX-License-Identifier: Apache-2.0
// How programs of a target are executed: natively, under qemu-user, through Wine, later in a VM or over SSH.
//
// An executor is made for one target, holds no process itself, and opens sessions. available() may start programs (it
// finds out by using the thing) and is asked once; identity() is known without opening, since it is part of the action
// cache's key. Everything on the io_context thread.
#pragma once

#include "emulators/session.h"
#include "targets/target.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace xtest {

struct Availability {
  bool usable = false;
  std::string why;      // in one sentence, also when usable ("x86_64 programs run on this x86_64 host")
  std::string remedy;   // "apt-get install qemu-user-static", or empty
};

struct Capacity {
  int sessions = 0;     // at most; 0: as many as there are workers
  int depth = 1;        // runs in flight in one session, at most; more than 1 only where sessions are counted
  int cpus = 1;         // CPU tokens that a session takes while something runs in it (a remote machine: 0)
};

struct ExecutorContext {
  std::filesystem::path agent;         // the agent's binary
  std::filesystem::path data;          // xtest's data: holds emulators/wine/launcher.c
  std::filesystem::path scratch;       // a folder of this run, for fresh folders, sockets, prefixes
  std::filesystem::path cache;         // kept between runs
  std::filesystem::path consoles;      // where the consoles of guests are kept: beside a run's record
  std::shared_ptr<std::function<void(std::string_view)>> say = {};   // tells a person what takes long; either may be null
};

struct Executor {
  virtual ~Executor() = default;
  virtual std::string name() const = 0;  // "host", "qemu-user", "wine", "vm:IMAGE", "remote:USER@HOST"
  virtual Task<Availability> available() = 0;
  virtual std::string identity() const = 0;                     // after available()
  virtual std::set<std::string> features() const = 0;  // "native", "emulated", "binfmt", "reexec"; after available()
  virtual Capacity capacity() const = 0;
  virtual double slowness() const = 0;                          // rough factor on time limits before calibration
  virtual Task<std::unique_ptr<Session>> open() = 0;            // throws Error{infra} with the reason
};

}  // namespace xtest
