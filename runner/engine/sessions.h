// SPDX-License-Identifier: Apache-2.0
// The open sessions of one executor, kept warm between jobs.
//
// Runs share a session as long as that hides the way to it: at most as many are in flight as are over by the time an
// answer has come and gone, so that a long test does not keep others waiting behind it. One that is to run alone has its
// session to itself, a fresh one if that is asked for. There are never more than `most` sessions (0: no bound here; the
// scheduler's tokens are one). A session that is dropped goes when its last run has ended. Engine thread only.
#pragma once

#include "emulators/executor.h"
#include "runner/engine/emitter.h"

#include <list>
#include <memory>
#include <string>

namespace xtest {

enum class Company { shared, alone, alone_and_fresh };

class SessionPool {
 public:
  SessionPool(asio::any_io_executor io, std::shared_ptr<Executor> executor, int most, Emitter& emitter);

  Executor& executor() { return *executor_; }
  Task<Session*> take(Company company);                     // throws Error{infra}; cancellable
  Task<Completion> run(Session* session, RunRequest request);
  void give_back(Session* session);
  void drop(Session* session, const std::string& why);      // gives it back, too
  Task<void> close();                                       // nothing may be in flight

 private:
  struct Seat {
    std::unique_ptr<Session> session;       // null: it is being opened
    int in_flight = 0;
    bool is_reserved = false;               // for one run that waits, or runs: nothing else may begin
    bool is_lost = false;
  };
  using Place = std::list<Seat>::iterator;

  Task<Session*> open();
  Task<Session*> replace(Place place);
  Place find(const Session* session);
  Place least_busy();
  bool may_open() const { return most_ == 0 || static_cast<int>(seats_.size()) < most_; }
  int depth() const;
  Task<void> changed();
  void leave(Place place);
  Task<void> close(std::unique_ptr<Session> session);

  std::shared_ptr<Executor> executor_;
  const int most_;
  Emitter& emitter_;
  std::list<Seat> seats_;
  asio::steady_timer change_;               // cancelled when a seat has become free
  std::chrono::microseconds way_{0};        // there and back, as the first run of a session shows it
  std::chrono::microseconds usual_{0};      // wall time of a run
};

}  // namespace xtest
