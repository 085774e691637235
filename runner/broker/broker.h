// SPDX-License-Identifier: Apache-2.0
// The process that owns a user's warm sessions and lends them to `xtest exec`.
//
//   started by `up` -> serves clients -> the last set has gone (down, idle, SIGTERM): socket removed, ends
//
// Everything it has started hangs below it: when it is killed, its agents see the end of their channels and kill what
// they run. What it cannot know (targets, executors, the words of a command line) comes in a BrokerWorld. One
// io_context thread.
#pragma once

#include "runner/base/fd.h"
#include "runner/broker/peer.h"
#include "runner/broker/program.h"
#include "runner/broker/warm_set.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace xtest {

struct ExecOptionsRead {
  WarmPlace place;
  std::vector<std::string> extra;      // --env
  bool there = false;                  // --there
};

struct BrokerWorld {
  std::function<ExecOptionsRead(const std::vector<std::string>& options, const std::filesystem::path& folder)> read_exec;   // throws Error{usage}
  PlaceOpener open;
};

// How a client says which place it means.
void put_place(Payload& payload, const WarmPlace& place);
WarmPlace read_place(PayloadReader& reader);

class Broker {
 public:
  // `listener` is bound and private; scratch is a folder of the broker's own.
  Broker(asio::any_io_executor executor, UniqueFd listener, std::filesystem::path scratch, BrokerWorld world);

  Task<void> serve();      // until nothing is warm any more
  void stop();             // ends everything, then serve() returns

 private:
  struct Entry {           // a set and what people want to know about it
    std::shared_ptr<WarmSet> warm;
    asio::steady_timer timer;
    std::filesystem::path scratch;
    std::chrono::milliseconds idle{0};
    std::chrono::system_clock::time_point since = std::chrono::system_clock::now();
    std::uint64_t calls = 0;
    bool watched = false;
  };
  struct Call {            // a program that runs, or waits for a session
    Entry* entry = nullptr;
    std::shared_ptr<RunLine> line;
  };
  struct Job;              // an `exec` that has been understood

  Task<void> accept();
  Task<void> serve_peer(std::shared_ptr<Peer> peer);
  Task<void> handle(std::shared_ptr<Peer> peer, Peer::Incoming incoming);
  Task<void> up(std::shared_ptr<Peer> peer, std::string payload);
  Task<void> down(std::shared_ptr<Peer> peer, Message message);
  Task<void> exec(std::shared_ptr<Peer> peer, Peer::Incoming incoming);
  Task<void> forward_signals(std::shared_ptr<Peer> peer, std::shared_ptr<Job> job);
  std::shared_ptr<Job> read_job(Peer::Incoming incoming);
  Task<Ending> perform(std::shared_ptr<Job> job);
  Task<void> end(std::shared_ptr<Entry> entry);
  Task<void> end_when_idle(std::shared_ptr<Entry> entry);
  Task<void> give_up_waiting();
  std::shared_ptr<Entry> make_entry(const WarmPlace& place);
  std::shared_ptr<Entry> entry_for(const WarmPlace& wanted) const;
  std::string list() const;
  void end_if_empty();

  asio::any_io_executor executor_;
  asio::posix::stream_descriptor listener_;
  std::filesystem::path scratch_;
  BrokerWorld world_;
  Gate gate_;
  std::vector<std::shared_ptr<Entry>> entries_;
  std::list<Call> calls_;
  std::map<std::vector<std::string>, ExecOptionsRead> read_before_;   // options and folder: they come again and again
  asio::steady_timer ended_, patience_;
  int serving_ = 0;        // clients that have said what they want and wait
  int scratches_ = 0;
  bool is_ended_ = false;
};

}  // namespace xtest
