// SPDX-License-Identifier: Apache-2.0
// What goes to the agent, and what comes from it.
#include "emulators/agent/client_state.h"

#include "emulators/agent/ended.h"

#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using Steady = std::chrono::steady_clock;

}  // namespace

void AgentClient::State::send(Segment segment) {
  outgoing.push_back(std::move(segment));
  if (!sending) flush();
}

void AgentClient::State::flush() {
  while (!outgoing.empty() && socket.is_open()) {
    auto& front = outgoing.front();
    const auto sent = send_segment(socket.native_handle(), front);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      sending = true;
      socket.async_wait(asio::posix::stream_descriptor::wait_write,
                        [self = shared_from_this()](boost::system::error_code error) {
                          self->sending = false;
                          if (!error) self->flush();
                        });
      return;
    }
    if (sent < 0) {
      outgoing.clear();   // receive() will see the end of the channel and say so
      return;
    }
    front.fds.clear();
    front.bytes.erase(0, static_cast<std::size_t>(sent));
    if (front.bytes.empty()) outgoing.pop_front();
  }
}

void AgentClient::State::receive() {
  socket.async_read_some(asio::buffer(chunk),
                         [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
                           if (!self->why_dead.empty()) return;
                           if (error && self->leaving) return self->stop();
                           if (error) return self->lose_channel("the agent has closed its channel");
                           self->received.append(self->chunk.data(), size);
                           self->take_frames();
                           if (self->why_dead.empty()) self->receive();
                         });
}

void AgentClient::State::take_frames() {
  std::string_view left = received;
  while (left.size() >= XA_HEADER && why_dead.empty()) {
    const auto header = read_header(left, nonce);
    if (!header.ours) return lose_channel("the agent's channel carries something that is not ours");
    if (left.size() - XA_HEADER < header.length) break;
    if (!take(header, left.substr(XA_HEADER, header.length))) {
      return lose_channel("the agent sent a frame that makes no sense");
    }
    left.remove_prefix(XA_HEADER + header.length);
  }
  received.erase(0, received.size() - left.size());
}

bool AgentClient::State::take(const WireHeader& header, std::string_view payload) {
  WireReader reader(payload);
  if (header.type != XA_HELLO) return take_of_run(header, reader);
  if (!system.empty()) return false;
  reader.u32();
  system = reader.text();
  can_pass_fds = (reader.u32() & XA_CAN_PASS_FDS) != 0;
  greeting.cancel();
  return !reader.bad() && !system.empty();
}

bool AgentClient::State::take_of_run(const WireHeader& header, WireReader payload) {
  if (cancelled.contains(header.seq)) {
    if (header.type == XA_ENDED) cancelled.erase(header.seq);
    return true;
  }
  const auto found = pending.find(header.seq);
  if (pending.empty() || found != pending.begin()) return false;   // it has ended already, or it is not its turn
  auto& run = *found->second;
  switch (header.type) {
    case XA_STARTED:
      if (std::exchange(run.started, true)) return false;
      if (run.wall > 0ms) run.deadline = Steady::now() + run.wall + patience;
      if (run.line) connect(*run.line, header.seq);
      return true;
    case XA_TAKEN:
      if (run.streams) run.streams->taken(payload.u64());
      return true;
    case XA_OUTPUT: return take_output(run, header.seq, payload);
    case XA_FILE:
    case XA_FILE_END: return take_file(run, header.type, payload);
    case XA_SKIPPED: {
      auto& output = run.output(payload.u32());
      output.head = output.text.size();
      output.skipped = payload.u64();
      return !payload.bad();
    }
    case XA_LOG: run.completion.evidence += payload.text() + '\n'; return !payload.bad();
    case XA_ENDED:
      run.done = take_end(run, payload);
      if (!run.done) return false;
      if (run.line) run.line->disconnect();
      run.wake.cancel();
      pending.erase(found);
      watch_first();
      return true;
    default: return false;
  }
}

bool AgentClient::State::take_output(PendingRun& run, std::uint32_t seq, WireReader payload) {
  const auto channel = payload.u32();
  if (channel == 3) {
    wait_longer(run);
    return run.files.take(payload.rest());
  }
  if (channel == 2) {
    run.completion.core += payload.rest();
  } else if (run.streams) {
    run.streams->take(channel, payload.rest());
  } else {
    run.output(channel).text += payload.rest();
    credit(run, seq, payload.rest().size());
  }
  return true;
}

// The program has ended within its time; its files may come for as long as they come.
void AgentClient::State::wait_longer(PendingRun& run) {
  if (run.deadline != Steady::time_point::max()) run.deadline = std::max(run.deadline, Steady::now() + patience);
}

bool AgentClient::State::take_file(PendingRun& run, std::uint32_t type, WireReader payload) {
  wait_longer(run);
  const bool begins = type == XA_FILE;
  const std::uint64_t size = begins ? 0 : payload.u64();
  std::string text = payload.text();
  return !payload.bad() && (begins ? run.files.begin(std::move(text)) : run.files.end(size, text));
}

bool AgentClient::State::take_end(PendingRun& run, WireReader payload) {
  if (!read_ended(payload, run.completion) || !run.files.is_between_files()) return false;
  if (!run.streams && !has_all_output(run.completion)) return false;
  const Termination& how = run.completion.how;
  if (!std::holds_alternative<NotStarted>(how) && !std::holds_alternative<Lost>(how)) run.completion.files = run.files.finish();
  return true;
}

void AgentClient::State::credit(PendingRun& run, std::uint32_t seq, std::uint64_t bytes) {
  run.taken += bytes;
  if (run.taken < XA_WINDOW / 2) return;
  send({WireFrame(XA_CREDIT, seq, nonce).u64(std::exchange(run.taken, 0)).take(), {}});
}

void AgentClient::State::signal(std::uint32_t seq, int number) {
  send({WireFrame(XA_SIGNAL, seq, nonce).u32(static_cast<std::uint32_t>(number)).take(), {}});
}

void AgentClient::State::connect(RunLine& line, std::uint32_t seq) {
  const auto self = weak_from_this();
  const auto signal = [self, seq](int number) {
    if (const auto state = self.lock()) state->signal(seq, number);
  };
  const auto resize = [self, seq](TerminalSize size) {
    if (const auto state = self.lock()) state->send({WireFrame(XA_SIZE, seq, state->nonce).u32(size.rows).u32(size.columns).take(), {}});
  };
  line.connect(signal, resize);
}

// A program whose output nobody reads gets what the system would give it: SIGPIPE.
std::shared_ptr<AgentStreams> AgentClient::State::make_streams(const std::array<int, 3>& pipes, std::uint32_t seq,
                                                               const std::shared_ptr<PendingRun>& run) {
  const auto self = weak_from_this();
  AgentStreams::Way way;
  way.input = [self, seq](std::string_view bytes) {
    if (const auto state = self.lock()) state->send({WireFrame(XA_STDIN, seq, state->nonce).bytes(bytes).take(), {}});
  };
  way.written = [self, seq, weak = std::weak_ptr(run)](std::uint64_t bytes) {
    const auto state = self.lock();
    const auto pending = weak.lock();
    if (state && pending) state->credit(*pending, seq, bytes);
  };
  way.unread = [self, seq] {
    if (const auto state = self.lock()) state->signal(seq, SIGPIPE);
  };
  return std::make_shared<AgentStreams>(socket.get_executor(), pipes, std::move(way));
}

}  // namespace xtest
