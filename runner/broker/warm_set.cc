// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/warm_set.h"

#include "runner/base/error.h"
#include "runner/broker/processes.h"
#include "runner/broker/program.h"

#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace xtest {
namespace {

// An agent here costs a megabyte, and programs that wait for each other must not wait for a session; a guest is a
// machine.
constexpr std::size_t most_here = 64;

std::set<pid_t> own_children() { return children_of(::getpid(), read_processes()); }

}  // namespace

Task<void> Gate::enter() {
  while (taken_) co_await change_.async_wait(asio::as_tuple(asio::use_awaitable));
  taken_ = true;
}

void Gate::leave() {
  taken_ = false;
  change_.cancel();
}

WarmSet::WarmSet(asio::any_io_executor executor, WarmPlace place, PlaceOpener opener, std::filesystem::path scratch, Gate& gate)
    : place_(std::move(place)), opener_(std::move(opener)), scratch_(std::move(scratch)), gate_(gate),
      change_(executor, asio::steady_timer::time_point::max()) {}

std::size_t WarmSet::most() const {
  if (!opened_.executor) return 1;
  return is_far(*opened_.executor) ? std::max(1u, std::thread::hardware_concurrency()) : most_here;
}

Task<WarmSession> WarmSet::acquire() {
  const auto self = shared_from_this();
  while (!closing_ && idle_.empty() && taken_ >= most()) co_await change_.async_wait(asio::as_tuple(asio::use_awaitable));
  if (closing_) throw Error(ErrorKind::infra, "the warm sessions of " + place_.triple + " are being ended");
  ++taken_;
  WarmSession session;
  std::exception_ptr trouble;
  if (!idle_.empty()) {
    session = std::move(idle_.back());
    idle_.pop_back();
  } else {
    co_await gate_.enter();
    try {
      session = co_await open();
    } catch (...) {
      trouble = std::current_exception();
    }
    gate_.leave();
  }
  busy_processes_.insert(session.processes.begin(), session.processes.end());
  if (trouble) {
    drop(std::move(session));
    std::rethrow_exception(trouble);
  }
  co_return session;
}

Task<WarmSession> WarmSet::open() {
  if (!opened_.executor) opened_ = co_await opener_(place_, scratch_);
  const auto before = own_children();
  WarmSession session;
  session.session = co_await opened_.executor->open();
  std::ranges::set_difference(own_children(), before, std::inserter(session.processes, session.processes.end()));
  co_return session;
}

void WarmSet::release(WarmSession session) {
  give_up(session);
  if (!closing_) idle_.push_back(std::move(session));
}

void WarmSet::drop(WarmSession session) { give_up(session); }

void WarmSet::give_up(const WarmSession& session) {
  for (const pid_t pid : session.processes) busy_processes_.erase(pid);
  --taken_;
  last_used_ = Clock::now();
  change_.cancel();
}

Task<void> WarmSet::close() {
  const auto self = shared_from_this();
  closing_ = true;
  change_.cancel();
  auto idle = std::exchange(idle_, {});
  for (WarmSession& session : idle) co_await session.session->close();
}

bool WarmSet::serves(const WarmPlace& wanted) const {
  WarmPlace same = wanted;
  same.on = place_.on;
  if (!opened_.executor || closing_ || !(same == place_)) return false;
  if (wanted.on.empty()) return place_.on.empty() || opened_.is_default;
  return wanted.on == place_.on || is_on(wanted.on);
}

bool WarmSet::is_on(const std::string& executor) const { return opened_.executor && opened_.executor->name() == executor; }

std::set<pid_t> WarmSet::processes() const {
  std::set<pid_t> all(busy_processes_.begin(), busy_processes_.end());
  for (const WarmSession& session : idle_) all.insert(session.processes.begin(), session.processes.end());
  return all;
}

}  // namespace xtest
