// SPDX-License-Identifier: Apache-2.0
// The warm sessions of one place: a target, an executor and its settings.
//
// A program has a session of its own while it runs. When all are taken another is opened, up to `most`; who comes then
// waits for his turn. A session whose place went away is dropped. Owned by the broker, one io_context thread; acquire()
// in flight keeps the set alive.
#pragma once

#include "emulators/executor.h"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace xtest {

struct WarmPlace {
  std::string triple;                              // canonical
  std::string on;                                  // as --on was given, or empty
  std::vector<std::string> target_dirs, target_files;
  std::string ssh_key, known_hosts;
  bool operator==(const WarmPlace&) const = default;
};

struct OpenedPlace {
  std::shared_ptr<Executor> executor;
  bool is_default = false;                         // the one that is taken when no --on is given
};

using PlaceOpener = std::function<Task<OpenedPlace>(WarmPlace place, std::filesystem::path scratch)>;   // throws Error

// Only one at a time; the others wait in turn.
class Gate {
 public:
  explicit Gate(asio::any_io_executor executor) : change_(executor, asio::steady_timer::time_point::max()) {}
  Task<void> enter();
  void leave();

 private:
  asio::steady_timer change_;
  bool taken_ = false;
};

struct WarmSession {
  std::unique_ptr<Session> session;
  std::set<pid_t> processes;                       // children of the broker that came with it
};

class WarmSet : public std::enable_shared_from_this<WarmSet> {
 public:
  using Clock = std::chrono::steady_clock;

  // `gate` is held while a session is opened, so that it is known which processes are its own.
  WarmSet(asio::any_io_executor executor, WarmPlace place, PlaceOpener opener, std::filesystem::path scratch, Gate& gate);

  // Throws Error{infra} when no session can be opened or the set is being closed.
  Task<WarmSession> acquire();
  void release(WarmSession session);
  void drop(WarmSession session);                  // its place has gone
  Task<void> close();                              // ends those that are idle; what is released later ends, too

  bool serves(const WarmPlace& wanted) const;      // a call for `wanted` may go here
  bool is_on(const std::string& executor) const;   // its name, as `ps` shows it
  const WarmPlace& place() const { return place_; }
  const OpenedPlace& opened() const { return opened_; }
  std::size_t taken() const { return taken_; }
  bool is_busy() const { return taken_ > 0; }
  Clock::time_point last_used() const { return last_used_; }
  std::size_t size() const { return idle_.size() + taken_; }
  std::set<pid_t> processes() const;

 private:
  Task<WarmSession> open();
  void give_up(const WarmSession& session);
  std::size_t most() const;

  WarmPlace place_;
  PlaceOpener opener_;
  std::filesystem::path scratch_;
  Gate& gate_;
  OpenedPlace opened_;
  std::vector<WarmSession> idle_;
  std::set<pid_t> busy_processes_;
  std::size_t taken_ = 0;                          // sessions that are in use or being opened
  bool closing_ = false;
  Clock::time_point last_used_ = Clock::now();
  asio::steady_timer change_;
};

}  // namespace xtest
