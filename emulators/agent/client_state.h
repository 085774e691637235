// SPDX-License-Identifier: Apache-2.0
// What an AgentClient keeps: the frames between us and the agent, and the runs that have not ended. Private to client*.cc.
#pragma once

#include "emulators/agent/client.h"
#include "emulators/agent/segment.h"
#include "emulators/agent/streams.h"
#include "emulators/agent/wire.h"
#include "emulators/result_files.h"

#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace xtest {

constexpr std::chrono::milliseconds cleanup_patience{2000};  // for the agent to kill and remove what it has, once it is told to go

struct PendingRun {
  PendingRun(asio::any_io_executor executor, std::chrono::milliseconds limit, ResultWish results)
      : wake(executor, std::chrono::steady_clock::time_point::max()), wall(limit), files(std::move(results)) {}
  Output& output(std::uint32_t channel) { return channel == 0 ? completion.out : completion.err; }

  Completion completion;
  bool started = false, done = false;
  asio::steady_timer wake;
  std::chrono::milliseconds wall;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  ResultFiles files;
  std::uint64_t taken = 0;     // output bytes since the last credit
  std::shared_ptr<RunLine> line;
  std::shared_ptr<AgentStreams> streams;   // of a program whose descriptors cannot be passed
};

// Lives as long as a handler or a run() needs it; handlers do nothing once it is stopped.
struct AgentClient::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor executor, AgentLink way, const AgentOptions& options)
      : socket(executor, way.socket.release()), link(std::move(way)), patience(options.patience),
        nonce(options.nonce.value()), greeting(executor), watch(executor) {}

  void send(Segment segment);
  void flush();
  void receive();
  void take_frames();
  bool take(const WireHeader& header, std::string_view payload);
  bool take_of_run(const WireHeader& header, WireReader payload);
  bool take_output(PendingRun& run, std::uint32_t seq, WireReader payload);
  void wait_longer(PendingRun& run);
  bool take_file(PendingRun& run, std::uint32_t type, WireReader payload);
  bool take_end(PendingRun& run, WireReader payload);
  void credit(PendingRun& run, std::uint32_t seq, std::uint64_t bytes);
  void signal(std::uint32_t seq, int number);
  void connect(RunLine& line, std::uint32_t seq);
  std::shared_ptr<AgentStreams> make_streams(const std::array<int, 3>& pipes, std::uint32_t seq, const std::shared_ptr<PendingRun>& run);
  void watch_first();
  void watch_deadlines();
  void fail(const std::string& why, std::chrono::milliseconds patience_left = cleanup_patience);
  void end_link(std::chrono::milliseconds patience_left);
  void lose_channel(const std::string& what);
  void stop(std::chrono::milliseconds patience_left = cleanup_patience);

  asio::posix::stream_descriptor socket;
  AgentLink link;
  std::chrono::milliseconds patience;
  Nonce nonce;
  asio::steady_timer greeting, watch;
  std::string system;                // empty until it has greeted
  bool can_pass_fds = false;
  std::string why_dead;              // empty while it lives
  std::deque<Segment> outgoing;
  bool sending = false, watching = false, leaving = false;
  std::array<char, 65536> chunk;
  std::string received;
  std::uint32_t next_seq = 1;
  std::map<std::uint32_t, std::shared_ptr<PendingRun>> pending;
  std::set<std::uint32_t> cancelled;   // runs whose frames may still come
};

}  // namespace xtest
