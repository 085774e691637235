// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/client.h"

#include "emulators/agent/client_state.h"
#include "emulators/agent/local_agent.h"
#include "runner/base/error.h"
#include "runner/base/random.h"

#include <csignal>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::size_t piece_size = 1u << 20;   // of stdin or a file, in one frame

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
  if (!options.nonce) fill_random(options.nonce.emplace());
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
  auto run = std::make_shared<PendingRun>(state->socket.get_executor(), command.limits.wall, command.results);
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
    state->cancelled.insert(seq);
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
