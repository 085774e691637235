// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/driver.h"

#include "emulators/sh/encoding.h"
#include "emulators/sh/frames.h"
#include "emulators/sh/outcome.h"
#include "runner/base/error.h"
#include "runner/base/hash.h"
#include "runner/base/random.h"
#include "runner/base/text.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""s;
using Steady = std::chrono::steady_clock;

constexpr auto kill_patience = 10s;                  // the guard itself takes five at most
constexpr auto close_patience = 5s;
constexpr std::size_t block_of_base64 = 3072, block_of_octal = 900;   // as text below the 4 KiB that a tty's reader holds
constexpr int tries_of_a_block = 4;

struct Pending {
  Pending(asio::any_io_executor executor, std::uint32_t number, AgentCommand wanted)
      : seq(number), command(std::move(wanted)), outcome(command.argv.front()), wake(executor, Steady::time_point::max()) {}

  std::uint32_t seq;
  AgentCommand command;
  ShOutcome outcome;
  bool done = false, is_late = false, is_abandoned = false;
  Steady::time_point began;
  asio::steady_timer wake;
};

}  // namespace

// Lives as long as a handler or a run() needs it.
struct ShDriver::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor run_on, ShDriverOptions wanted, std::unique_ptr<ShLine> way, std::unique_ptr<ShLine> second)
      : executor(run_on), options(std::move(wanted)), line(std::move(way)), guard(std::move(second)), frames(options.facts.nonce, options.framing),
        guard_frames(options.facts.nonce, ShFraming::bytes), deadline(executor), heard(executor, Steady::time_point::max()) {}

  void connect();
  Task<void> greet();
  Task<void> load(std::string script);
  Task<bool> hear(std::function<bool()> what, Steady::duration patience);
  void take(std::string_view bytes);
  void take_of_guard(std::string_view bytes);
  void take_of_run(ShFrame frame);
  void finish_front();
  void arm();
  void on_deadline();
  void stop_front();
  void fail(const std::string& why);
  std::string text_of(const Pending& run) const;
  Task<void> put(std::string path, std::string bytes);
  Task<void> put_block(std::string text);
  Task<void> wait_kept(std::uint32_t seq);
  Task<void> send(std::string text);

  asio::any_io_executor executor;
  ShDriverOptions options;
  std::unique_ptr<ShLine> line, guard;
  ShFrames frames, guard_frames;
  asio::steady_timer deadline, heard;
  bool is_ready = false, guards = false, has_base64 = false, has_cksum = true;
  std::string why_dead;
  std::uint32_t next_seq = 1;
  std::deque<std::shared_ptr<Pending>> runs;
  std::map<std::string, std::string> told;   // frames about no run
  std::string kept;                       // the checksum of the last block
  std::uint32_t kept_seq = 0;
};

void ShDriver::State::connect() {
  const std::weak_ptr<State> weak = weak_from_this();
  const auto to = [weak](void (State::*member)(std::string_view)) {
    return [weak, member](std::string_view bytes) {
      if (const auto self = weak.lock()) ((*self).*member)(bytes);
    };
  };
  const auto gone = [weak](std::string whose) {
    return [weak, whose](const std::string& why) {
      if (const auto self = weak.lock()) self->fail(whose + why);
    };
  };
  line->take = to(&State::take);
  line->gone = gone("the far side's sh ");
  if (!guard) return;
  guard->take = to(&State::take_of_guard);
  guard->gone = gone("the guard on the far side ");
}

Task<void> ShDriver::State::greet() {
  if (options.framing == ShFraming::lines) {
    std::string script = line_driver_script(options.facts.nonce, "xtest-" + random_hex(8), options.wanted_folder);
    co_await load(std::move(script));
  } else {
    line->write(driver_script(options.facts));
  }
  if (guard) guard->write(guard_script(options.facts));
  const std::function<bool()> is_told = [this] { return told.contains("why") || (is_ready && (!guard || guards)); };
  const bool greeted = co_await hear(is_told, options.patience);
  if (!why_dead.empty()) throw Error(ErrorKind::infra, why_dead);
  if (const auto why = told.find("why"); why != told.end()) throw Error(ErrorKind::infra, "there is no place for programs on the far side: " + why->second);
  if (!greeted) throw Error(ErrorKind::infra, "the far side's sh does not say that it is ready");
  if (options.framing == ShFraming::lines) options.facts.folder = told["folder"];
}

Task<void> ShDriver::State::load(std::string script) {
  line->write(loader_line(options.facts.nonce));
  for (std::size_t at = 0; at < script.size(); at += block_of_octal) {
    const std::string piece = script.substr(at, block_of_octal);
    const std::uint32_t seq = next_seq++;
    line->write("X " + std::to_string(seq) + " '" + to_octal(piece) + "'\n");
    co_await wait_kept(seq);
    has_cksum = kept.size() <= 10;
    if (!is_checksum_of(kept, std::string_view(script).substr(0, at + piece.size())))
      throw Error(ErrorKind::infra, "the far side's sh does not take its script");
  }
  line->write("eval \"$s\"\n");
}

// False when it did not happen in time, or the shell is gone.
Task<bool> ShDriver::State::hear(std::function<bool()> what, Steady::duration patience) {
  const auto self = shared_from_this();
  const auto until = Steady::now() + patience;
  while (why_dead.empty() && !what()) {
    heard.expires_at(until);
    const auto [error] = co_await heard.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!error) break;
  }
  co_return why_dead.empty() && what();
}

// ---- what comes ----

void ShDriver::State::take(std::string_view bytes) {
  const auto self = shared_from_this();
  for (ShFrame& frame : frames.feed(bytes)) {
    if (!why_dead.empty()) return;
    if (frame.seq == 0 && frame.kind == "ready" && !is_ready) {
      is_ready = true;
      has_base64 = frame.rest.ends_with("base64");
    } else if (frame.seq == 0 && (!is_ready || frame.kind == "bye")) {
      told[frame.kind] = frame.rest;
    } else if (frame.kind == "kept") {
      kept = frame.rest;
      kept_seq = frame.seq;
    } else {
      take_of_run(std::move(frame));
    }
  }
  if (!frames.wrong().empty()) fail("the far side's sh said " + frames.wrong());
  heard.cancel();
}

void ShDriver::State::take_of_guard(std::string_view bytes) {
  for (const ShFrame& frame : guard_frames.feed(bytes)) {
    if (frame.kind == "guards") guards = true;
    const bool is_front = !runs.empty() && runs.front()->seq == frame.seq;
    if (is_front && frame.kind == "at") runs.front()->outcome.add_evidence(frame);
    if (is_front && frame.kind == "killed" && frame.rest == "left") fail("a program that was out of time could not be killed");
  }
  if (!guard_frames.wrong().empty()) fail("the guard on the far side said " + guard_frames.wrong());
  heard.cancel();
}

void ShDriver::State::take_of_run(ShFrame frame) {
  if (runs.empty() || runs.front()->seq != frame.seq) return fail("the far side's sh told of run " + std::to_string(frame.seq) + " out of turn");
  Pending& front = *runs.front();
  if (const std::string trouble = front.outcome.take(frame); !trouble.empty()) return fail("the far side's sh " + trouble);
  if (frame.kind == "started") {
    front.began = Steady::now();
    if (front.is_abandoned) stop_front();
    arm();
  }
  if (front.outcome.has_ended()) finish_front();
}

void ShDriver::State::finish_front() {
  const auto front = runs.front();
  runs.pop_front();
  Completion& completion = front->outcome.completion();
  completion.usage.wall = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - front->began);
  if (front->is_late && !std::holds_alternative<Lost>(completion.how)) completion.how = TimedOut{};
  front->done = true;
  front->wake.cancel();
  arm();
}

// ---- time ----

void ShDriver::State::arm() {
  if (runs.empty() || !why_dead.empty()) {
    deadline.cancel();
    return;
  }
  const Pending& front = *runs.front();
  const auto wall = front.command.limits.wall;
  auto from_now = Steady::now() + options.patience;
  if (front.outcome.has_started()) {
    if (wall.count() == 0 && !front.is_late) {
      deadline.cancel();
      return;
    }
    from_now = front.began + wall + (guard ? Steady::duration(0) : Steady::duration(options.patience));
  }
  if (front.is_late) from_now = Steady::now() + kill_patience;
  deadline.expires_at(from_now);
  deadline.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    if (const auto self = weak.lock(); self && !error) self->on_deadline();
  });
}

void ShDriver::State::on_deadline() {
  if (runs.empty() || !why_dead.empty()) return;
  if (Steady::now() < deadline.expiry()) return;   // armed anew while this was queued
  const Pending& front = *runs.front();
  if (!front.outcome.has_started()) return fail("the far side's sh does not answer");
  if (front.is_late || !guard) return fail("a program that was out of time could not be killed");
  stop_front();
}

void ShDriver::State::stop_front() {
  Pending& front = *runs.front();
  front.is_late = true;
  if (guard) guard->write("k " + std::to_string(front.seq) + "\n");
  arm();
}

void ShDriver::State::fail(const std::string& why) {
  if (!why_dead.empty()) return;
  why_dead = why;
  deadline.cancel();
  heard.cancel();
  bool suspect = true;
  for (const auto& run : std::exchange(runs, {})) {
    run->outcome.completion().how = Lost{why, std::exchange(suspect, false)};
    run->done = true;
    run->wake.cancel();
  }
  line->end_input();
  if (guard) guard->end_input();      // which makes it kill everything
}

// ---- what goes ----

std::string ShDriver::State::text_of(const Pending& run) const {
  const AgentCommand& command = run.command;
  const auto watch = guard || command.limits.wall.count() == 0 ? 0 : (command.limits.wall.count() + 999) / 1000;
  std::vector<std::string> words{"R", std::to_string(run.seq), std::to_string(command.limits.out_head), std::to_string(command.limits.out_tail),
                                 std::to_string(watch), command.fresh_cwd ? "1" : "0", command.cwd.empty() ? "/" : command.cwd};
  words.insert(words.end(), command.env.begin(), command.env.end());
  // env(1) would take it for a variable.
  if (command.argv.front().find('=') != std::string::npos) words.insert(words.end(), {"sh", "-c", "exec \"$0\" \"$@\""});
  words.insert(words.end(), command.argv.begin(), command.argv.end());
  return sh_join(words) + "\n";
}

// A long line is more than a serial line's reader holds while its shell is busy: it goes as a file.
Task<void> ShDriver::State::send(std::string text) {
  if (options.framing == ShFraming::bytes) {
    line->write(text);
    co_return;
  }
  const std::string file = options.facts.folder + "/sh/command";
  co_await put(file, std::move(text));
  line->write(". " + file + "\n");
}

// As text first: what is decoded at once costs the far side few processes.
Task<void> ShDriver::State::put(std::string path, std::string bytes) {
  if (!why_dead.empty()) throw Error(ErrorKind::infra, why_dead);
  const std::string sum = has_cksum ? std::to_string(posix_cksum(bytes)) : sha256_hex(bytes);
  const std::string text = has_base64 ? to_base64(bytes) : bytes;
  const std::size_t block = has_base64 ? block_of_base64 : block_of_octal;
  line->write(": >text\n");
  for (std::size_t at = 0; at < text.size(); at += block) {
    std::string piece = has_base64 ? text.substr(at, block) : to_octal(std::string_view(text).substr(at, block));
    co_await put_block(std::move(piece));
  }
  const std::uint32_t seq = next_seq++;
  const std::string to = sh_quote(path), decode = has_base64 ? "base64 -d <text >" : "cat <text >";
  line->write(decode + to + "; c=$(Y <" + to + "); printf '%s\\n' \"$N = " + std::to_string(seq) + " ${c%% *}\"\n");
  co_await wait_kept(seq);
  if (kept != sum) throw Error(ErrorKind::infra, path + " on the far side is not what was sent");
}

Task<void> ShDriver::State::put_block(std::string text) {
  const std::string checksum = has_cksum ? std::to_string(posix_cksum(text)) : sha256_hex(text);
  for (int attempt = 0; attempt < tries_of_a_block; ++attempt) {
    const std::uint32_t seq = next_seq++;
    line->write("B " + std::to_string(seq) + (has_base64 ? " base64 '" : " octal '") + text + "' " + checksum + "\n");
    co_await wait_kept(seq);
    if (kept == checksum) co_return;
  }
  throw Error(ErrorKind::infra, "a block arrives damaged on the far side each time it is sent");
}

Task<void> ShDriver::State::wait_kept(std::uint32_t seq) {
  const std::function<bool()> is_kept = [this, seq] { return kept_seq == seq; };
  if (co_await hear(is_kept, options.patience)) co_return;
  throw Error(ErrorKind::infra, why_dead.empty() ? "the far side's sh does not answer" : why_dead);
}

// ---- ShDriver ----

Task<std::unique_ptr<ShDriver>> ShDriver::start(ShDriverOptions options, std::unique_ptr<ShLine> line, std::unique_ptr<ShLine> guard) {
  const auto executor = co_await asio::this_coro::executor;
  std::unique_ptr<ShDriver> driver(new ShDriver(std::make_shared<State>(executor, std::move(options), std::move(line), std::move(guard))));
  driver->state_->connect();
  co_await driver->state_->greet();
  co_return driver;
}

ShDriver::ShDriver(std::shared_ptr<State> state) : state_(std::move(state)) {}

ShDriver::~ShDriver() { state_->fail("the driver was closed by us"); }

Task<Completion> ShDriver::run(AgentCommand command) {
  const auto state = state_;
  const auto run = std::make_shared<Pending>(state->executor, state->next_seq++, std::move(command));
  try {
    if (state->why_dead.empty()) co_await state->send(state->text_of(*run));
  } catch (const Error& error) {
    state->fail(error.what());
  }
  if (!state->why_dead.empty()) {
    run->outcome.completion().how = Lost{state->why_dead};
    co_return std::move(run->outcome.completion());
  }
  state->runs.push_back(run);
  if (state->runs.size() == 1) state->arm();
  while (!run->done) {
    co_await run->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (run->done || cancelled.cancelled() == asio::cancellation_type::none) continue;
    run->is_abandoned = true;
    if (run->outcome.has_started()) state->stop_front();
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return std::move(run->outcome.completion());
}

Task<void> ShDriver::put(std::string path, std::string bytes) {
  const auto state = state_;
  co_await state->put(std::move(path), std::move(bytes));
}

Task<void> ShDriver::close() {
  const auto state = state_;
  if (!state->why_dead.empty()) co_return;
  state->line->end_input();
  const std::function<bool()> is_told = [state] { return state->told.contains("bye"); };   // or it has gone
  co_await state->hear(is_told, close_patience);
  state->fail("the driver was closed");
}

Task<void> ShDriver::perform(std::string text) {
  const auto state = state_;
  const std::string file = folder() + "/sh/command";
  co_await state->put(file, std::move(text));
  const std::uint32_t seq = state->next_seq++;
  state->line->write(". " + file + "; T " + std::to_string(seq) + " kept $?\n");
  co_await state->wait_kept(seq);
  if (state->kept != "0") throw Error(ErrorKind::infra, "the far side's sh cannot do what it must: status " + state->kept);
}

const std::string& ShDriver::folder() const { return state_->options.facts.folder; }

std::string ShDriver::told(const std::string& key) const {
  const auto found = state_->told.find(key);
  return found == state_->told.end() ? "" : found->second;
}

bool ShDriver::alive() const { return state_->why_dead.empty(); }
const std::string& ShDriver::why_dead() const { return state_->why_dead; }

}  // namespace xtest
