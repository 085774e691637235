// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/client.h"

#include "emulators/agent/local_agent.h"
#include "emulators/agent/streams.h"
#include "emulators/agent/wire.h"
#include "runner/base/error.h"
#include "runner/base/random.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>

namespace xtest {

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Steady = std::chrono::steady_clock;

constexpr auto cleanup_patience = 2000ms;  // for the agent to kill and remove what it has, once it is told to go
constexpr auto watch_period = 1s;
constexpr auto stopped_after = 3s;         // without a look at the deadlines: this process was stopped
constexpr std::size_t piece_size = 1u << 20;   // of stdin or a file, in one frame

struct Segment {
  std::string bytes;
  std::vector<UniqueFd> fds;   // go with the first byte
};

struct Pending {
  Pending(asio::any_io_executor executor, std::chrono::milliseconds limit)
      : wake(executor, Steady::time_point::max()), wall(limit) {}
  Output& output(std::uint32_t channel) { return channel == 0 ? completion.out : completion.err; }

  Completion completion;
  bool done = false;
  asio::steady_timer wake;
  std::chrono::milliseconds wall;
  Steady::time_point deadline = Steady::time_point::max();
  std::uint64_t taken = 0;     // output bytes since the last credit
  std::shared_ptr<RunLine> line;
  std::shared_ptr<AgentStreams> streams;   // of a program whose descriptors cannot be passed
};

Nonce random_nonce() {
  Nonce nonce;
  fill_random(nonce);
  return nonce;
}

std::uint32_t flags_of(const AgentCommand& command, bool carried) {
  std::uint32_t flags = 0;
  if (command.fresh_cwd) flags |= XA_FRESH_CWD;
  if (command.keep_cwd) flags |= XA_KEEP_CWD;
  if (!command.stdin_data.empty() || carried) flags |= XA_STDIN_PIPE;
  if (command.pass_fds && !carried) flags |= XA_PASS_FDS;
  if (command.terminal) flags |= XA_TERMINAL;
  if (command.watch) flags |= XA_WATCH;
  if (command.interrupt) flags |= XA_INTERRUPT;
  return flags;
}

// `carried`: its input and output go byte by byte, all of them.
Segment run_segment(const AgentCommand& command, std::uint32_t seq, const Nonce& nonce, bool carried) {
  WireFrame frame(XA_RUN, seq, nonce);
  frame.u32(flags_of(command, carried)).texts(command.argv).texts(command.env).text(command.cwd);
  frame.u64(static_cast<std::uint64_t>(command.limits.wall.count()));
  frame.u64(static_cast<std::uint64_t>(command.cpu.count())).u64(command.address_space).u64(command.file_size);
  frame.u64(carried ? UINT64_MAX : command.limits.out_head).u64(command.limits.out_tail);
  const TerminalSize size = command.terminal.value_or(TerminalSize{});
  frame.u32(size.rows).u32(size.columns);
  Segment segment{frame.take(), {}};
  if (!command.pass_fds || carried) return segment;
  for (const int fd : *command.pass_fds) {
    segment.fds.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!segment.fds.back()) throw_errno("cannot pass a descriptor to a program");
  }
  return segment;
}

// As ::send, with the descriptors.
ssize_t send_segment(int socket, const Segment& segment) {
  iovec piece{const_cast<char*>(segment.bytes.data()), segment.bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!segment.fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(3 * sizeof(int));
    for (std::size_t i = 0; i < 3; ++i) {
      const int fd = segment.fds[i].get();
      std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
    }
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

Termination termination_of(std::uint32_t how, std::uint32_t number, std::string text) {
  switch (how) {
    case XA_EXITED: return Exited{static_cast<int>(number)};
    case XA_SIGNALLED: return Signalled{static_cast<int>(number), std::move(text)};
    case XA_TIMED_OUT: return TimedOut{};
    case XA_NO_ROOM: return Lost{std::move(text), false};
    default: return NotStarted{std::move(text), number != 0};
  }
}

// False when the frame is cut.
bool read_ended(WireReader reader, Completion& into) {
  const auto how = reader.u32();
  const auto number = reader.u32();
  into.how = termination_of(how, number, reader.text());
  into.usage.user = std::chrono::microseconds(reader.u64());
  into.usage.system = std::chrono::microseconds(reader.u64());
  into.usage.wall = std::chrono::microseconds(reader.u64());
  into.usage.max_rss_kib = static_cast<std::int64_t>(reader.u64());
  into.out.total = reader.u64();
  into.err.total = reader.u64();
  for (auto strays = reader.u32(); strays > 0 && !reader.bad(); --strays) into.strays.push_back(reader.text());
  into.evidence += reader.text();
  into.look = reader.text();
  if (into.out.skipped == 0) into.out.head = into.out.text.size();
  if (into.err.skipped == 0) into.err.head = into.err.text.size();
  return !reader.bad();
}

}  // namespace

// Lives as long as a handler or a run() needs it; handlers do nothing once it is stopped.
struct AgentClient::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor executor, AgentLink way, const AgentOptions& options)
      : socket(executor, way.socket.release()), link(std::move(way)), patience(options.patience),
        nonce(options.nonce ? *options.nonce : random_nonce()), greeting(executor), watch(executor) {}

  void send(Segment segment);
  void flush();
  void receive();
  void take_frames();
  bool take(const WireHeader& header, std::string_view payload);
  bool take_of_run(const WireHeader& header, WireReader payload);
  void take_output(Pending& run, std::uint32_t seq, WireReader payload);
  void credit(Pending& run, std::uint32_t seq, std::uint64_t bytes);
  void signal(std::uint32_t seq, int number);
  void connect(RunLine& line, std::uint32_t seq);
  std::shared_ptr<AgentStreams> make_streams(const std::array<int, 3>& pipes, std::uint32_t seq, const std::shared_ptr<Pending>& run);
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
  std::map<std::uint32_t, std::shared_ptr<Pending>> pending;
};

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
  reader.u32();
  system = reader.text();
  can_pass_fds = (reader.u32() & XA_CAN_PASS_FDS) != 0;
  greeting.cancel();
  return !reader.bad() && !system.empty();
}

bool AgentClient::State::take_of_run(const WireHeader& header, WireReader payload) {
  const auto found = pending.find(header.seq);
  if (found == pending.end()) return header.seq < next_seq;   // of a run that was cancelled
  auto& run = *found->second;
  switch (header.type) {
    case XA_STARTED:
      if (run.wall > 0ms) run.deadline = Steady::now() + run.wall + patience;
      if (run.line) connect(*run.line, header.seq);
      return true;
    case XA_TAKEN:
      if (run.streams) run.streams->taken(payload.u64());
      return true;
    case XA_OUTPUT: take_output(run, header.seq, payload); return true;
    case XA_SKIPPED: {
      auto& output = run.output(payload.u32());
      output.head = output.text.size();
      output.skipped = payload.u64();
      return !payload.bad();
    }
    case XA_LOG: run.completion.evidence += payload.text() + '\n'; return !payload.bad();
    case XA_ENDED:
      run.done = read_ended(payload, run.completion);
      if (!run.done) return false;
      if (run.line) run.line->disconnect();
      run.wake.cancel();
      pending.erase(found);
      watch_first();
      return true;
    default: return false;
  }
}

void AgentClient::State::take_output(Pending& run, std::uint32_t seq, WireReader payload) {
  const auto channel = payload.u32();
  if (channel == 2) {
    run.completion.core += payload.rest();
    return;
  }
  if (run.streams) return run.streams->take(channel, payload.rest());
  run.output(channel).text += payload.rest();
  credit(run, seq, payload.rest().size());
}

void AgentClient::State::credit(Pending& run, std::uint32_t seq, std::uint64_t bytes) {
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
                                                               const std::shared_ptr<Pending>& run) {
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

// The next in turn has to start, too.
void AgentClient::State::watch_first() {
  if (pending.empty()) return;
  Pending& run = *pending.begin()->second;
  if (run.wall > 0ms && run.deadline == Steady::time_point::max()) run.deadline = Steady::now() + run.wall + patience;
}

// The agent measures the limits; this notices when it does not (any more). Time in which we were stopped ourselves is
// given back: what the agent sent meanwhile has not been read.
void AgentClient::State::watch_deadlines() {
  watching = !pending.empty();
  if (!watching) return;
  watch.expires_after(watch_period);
  watch.async_wait([self = shared_from_this(), begun = Steady::now()](boost::system::error_code error) {
    if (error) return;
    const auto now = Steady::now();
    if (const auto passed = now - begun; passed > stopped_after) {
      for (auto& [seq, run] : self->pending) run->deadline += run->deadline == Steady::time_point::max() ? Steady::duration(0) : passed;
    }
    const bool late = std::any_of(self->pending.begin(), self->pending.end(),
                                  [now](const auto& entry) { return entry.second->deadline < now; });
    if (late) return self->fail("the agent did not end a run that was over its limit");
    self->watch_deadlines();
  });
}

void AgentClient::State::fail(const std::string& why, std::chrono::milliseconds patience_left) {
  if (!why_dead.empty()) return;
  why_dead = why;
  bool suspect = true;
  for (auto& [seq, run] : std::exchange(pending, {})) {
    run->completion.how = Lost{why, std::exchange(suspect, false)};
    run->done = true;
    run->wake.cancel();
  }
  end_link(patience_left);
}

void AgentClient::State::lose_channel(const std::string& what) {
  const std::string words = link.last_words();
  fail(words.empty() ? what : what + words);
}

void AgentClient::State::stop(std::chrono::milliseconds patience_left) {
  if (why_dead.empty()) fail("the session was closed", patience_left);
  else end_link(patience_left);
}

void AgentClient::State::end_link(std::chrono::milliseconds patience_left) {
  if (socket.is_open()) socket.close();
  greeting.cancel();
  watch.cancel();
  link.stop(patience_left);
}

// ---- AgentClient ----

namespace {

// What a program has said before its end; KILL gives up a reader that does not take it.
Task<void> write_out(std::shared_ptr<AgentStreams> streams, std::shared_ptr<RunLine> line) {
  const bool has_run = line && line->started();
  if (has_run) line->connect([streams](int number) {
    if (number == SIGKILL) streams->stop();
  });
  co_await streams->drained();
  streams->stop();
  if (has_run) line->disconnect();
}

}  // namespace

Task<std::unique_ptr<AgentClient>> AgentClient::start(AgentOptions options) {
  AgentLink link = start_local_agent(co_await asio::this_coro::executor, options);
  co_return co_await attach(std::move(link), std::move(options));
}

Task<std::unique_ptr<AgentClient>> AgentClient::attach(AgentLink link, AgentOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  auto state = std::make_shared<State>(executor, std::move(link), options);
  std::unique_ptr<AgentClient> client(new AgentClient(state));
  state->greeting.expires_after(state->patience);
  state->send({WireFrame(XA_HELLO, 0, state->nonce).take(), {}});
  state->receive();
  co_await state->greeting.async_wait(asio::as_tuple(asio::use_awaitable));
  const auto cancelled = co_await asio::this_coro::cancellation_state;
  if (cancelled.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (state->system.empty()) state->fail("the agent did not greet in time");
  if (!state->why_dead.empty()) {
    throw Error(ErrorKind::infra, "cannot start '" + state->link.name + "': " + state->why_dead);
  }
  co_return client;
}

AgentClient::AgentClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

AgentClient::~AgentClient() { state_->stop(); }

Task<Completion> AgentClient::run(AgentCommand command) {
  const auto state = state_;
  auto run = std::make_shared<Pending>(state->socket.get_executor(), command.limits.wall);
  if (!state->why_dead.empty()) {
    run->completion.how = Lost{state->why_dead, false};
    co_return std::move(run->completion);
  }
  const auto seq = state->next_seq++;
  run->line = command.line;
  if (command.pass_fds && (command.terminal || !state->can_pass_fds)) run->streams = state->make_streams(*command.pass_fds, seq, run);
  state->pending.emplace(seq, run);
  state->send(run_segment(command, seq, state->nonce, run->streams != nullptr));
  if (run->streams) run->streams->start();
  for (std::string_view left = command.stdin_data; !left.empty();) {
    const auto piece = left.substr(0, piece_size);
    left.remove_prefix(piece.size());
    state->send({WireFrame(XA_STDIN, seq, state->nonce).bytes(piece).take(), {}});
    if (left.empty()) state->send({WireFrame(XA_STDIN, seq, state->nonce).take(), {}});
  }
  state->watch_first();
  if (!state->watching) state->watch_deadlines();
  while (!run->done) {
    co_await run->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (run->done || cancelled.cancelled() == asio::cancellation_type::none) continue;
    state->pending.erase(seq);
    state->signal(seq, SIGKILL);
    if (run->streams) run->streams->stop();
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (run->streams) co_await write_out(run->streams, run->line);
  co_return std::move(run->completion);
}

void AgentClient::place(const std::string& path, unsigned mode, std::string_view content) {
  if (!state_->why_dead.empty()) return;
  for (std::size_t offset = 0; offset == 0 || offset < content.size(); offset += piece_size) {
    WireFrame frame(XA_PLACE, 0, state_->nonce);
    frame.text(path).u32(mode).u64(offset).bytes(content.substr(offset, piece_size));
    state_->send({frame.take(), {}});
  }
}

void AgentClient::link(const std::string& path, const std::string& name) {
  if (state_->why_dead.empty()) state_->send({WireFrame(XA_LINK, 0, state_->nonce).text(path).text(name).take(), {}});
}

void AgentClient::remove(const std::string& path) {
  if (state_->why_dead.empty()) state_->send({WireFrame(XA_REMOVE, 0, state_->nonce).text(path).take(), {}});
}

Task<void> AgentClient::close() {
  const auto state = state_;
  if (!state->why_dead.empty()) co_return;
  state->send({WireFrame(XA_BYE, 0, state->nonce).take(), {}});
  state->leaving = true;
  state->greeting.expires_after(cleanup_patience);
  const auto [error] = co_await state->greeting.async_wait(asio::as_tuple(asio::use_awaitable));
  state->stop(error ? cleanup_patience : 0ms);   // it has gone, or has had its time
}

bool AgentClient::alive() const { return state_->why_dead.empty(); }

const std::string& AgentClient::system() const { return state_->system; }

}  // namespace xtest
