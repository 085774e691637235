// SPDX-License-Identifier: Apache-2.0
// Starts work when there is room for it: CPU tokens, a slot at its place and its exclusive group are acquired together.
//
// It knows nothing of tests. Work is a coroutine with a cost; run work goes before build work, in the order it was
// added; `exclusive` names a group of which one runs at a time ("*": nothing else runs). At most `tokens` of them hold
// their cost at once, however much is queued; one that has only bookkeeping left gives it back by Turn::over(), so that
// the next program starts before the books are kept. One io_context thread, no locks.
#pragma once

#include "runner/base/asio.h"

#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>

namespace xtest {

class Scheduler;

// What a coroutine holds while it is performed. Valid until the coroutine ends.
class Turn {
 public:
  Task<void> over();                       // gives everything back and lets what waits begin; may be called once

 private:
  friend class Scheduler;
  struct Running;
  Turn(Scheduler& scheduler, Running& running) : scheduler_(scheduler), running_(running) {}
  Scheduler& scheduler_;
  Running& running_;
};

struct Work {
  enum class Kind { run, build } kind = Kind::run;
  std::string place;                       // whose slots it takes ("" : none)
  std::string exclusive;
  int cpus = 1;
  std::function<Task<void>(Turn)> perform;
};

struct Slots {
  int sessions = 1;
  int depth = 1;                           // runs in flight in each
  int cpus = 1;                            // tokens that a session takes while anything runs in it
};

class Scheduler {
 public:
  Scheduler(asio::any_io_executor executor, int tokens);

  void set_slots(const std::string& place, Slots slots);
  void add(Work work);

  // Until nothing is queued or running; after stop(): until nothing is running. Rethrows the first exception of a
  // perform() (the rest is stopped).
  Task<void> drain();

  void stop();                             // starts nothing more
  void kill();                             // stop, and cancels what runs
  bool stopped() const { return stopped_; }
  std::size_t running() const { return running_.size(); }

 private:
  friend class Turn;
  using Running = Turn::Running;
  struct Place {
    Slots slots;
    int in_flight = 0;
  };

  int cost(const Work& work) const;

  void pump();
  bool is_behind() const;                  // with what is over and has its books open
  bool start_first(std::deque<Work>& queue);
  bool has_room(const Work& work) const;
  void start(Work work);
  void release(Running& running);
  void finished(std::list<Running>::iterator which, std::exception_ptr error);

  asio::any_io_executor executor_;
  asio::steady_timer idle_;
  const int tokens_;
  int free_tokens_;
  std::map<std::string, Place> places_;
  std::set<std::string> held_;
  std::map<std::string, std::deque<Work>> runs_;   // by place, so that a full place does not hide another
  std::deque<Work> builds_;
  std::list<Running> running_;
  std::exception_ptr error_;
  bool stopped_ = false;
  bool pumping_ = false;
};

struct Turn::Running {
  asio::cancellation_signal cancel;
  int cpus = 0;
  std::string place, exclusive;
  bool released = false;
};

}  // namespace xtest
