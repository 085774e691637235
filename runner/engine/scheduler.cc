// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/scheduler.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t kLookPast = 64;      // how many unstartable jobs of a queue are looked past
constexpr std::ptrdiff_t kMostOver = 64;   // with their books still open: those of what ends at once must not pile up

}  // namespace

Task<void> Turn::over() {
  scheduler_.release(running_);
  scheduler_.pump();
  co_await asio::post(asio::use_awaitable);      // what has begun now goes first
}

Scheduler::Scheduler(asio::any_io_executor executor, int tokens)
    : executor_(executor),
      idle_(executor, asio::steady_timer::time_point::max()),
      tokens_(std::max(tokens, 1)),
      free_tokens_(tokens_) {}

void Scheduler::set_slots(const std::string& place, Slots slots) { places_[place].slots = slots; }

// A place takes its tokens for each of its sessions, however many runs are in flight there.
int Scheduler::cost(const Work& work) const {
  const auto place = places_.find(work.place);
  if (place == places_.end() || place->second.in_flight < place->second.slots.sessions) return work.cpus;
  return std::max(work.cpus - place->second.slots.cpus, 0);
}

void Scheduler::add(Work work) {
  if (stopped_) return;
  work.cpus = std::min(work.cpus, tokens_);
  auto& queue = work.kind == Work::Kind::build ? builds_ : runs_[work.place];
  queue.push_back(std::move(work));
  pump();
}

Task<void> Scheduler::drain() {
  pump();
  const auto queued = [&] {
    return !builds_.empty() || std::ranges::any_of(runs_, [](const auto& queue) { return !queue.second.empty(); });
  };
  while (!running_.empty() || (!stopped_ && queued())) {
    boost::system::error_code ignored;
    co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    idle_.expires_at(asio::steady_timer::time_point::max());
  }
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Scheduler::stop() {
  stopped_ = true;
  builds_.clear();
  for (auto& [place, queue] : runs_) queue.clear();   // the map stays: pump() may be walking through it
  idle_.cancel();
}

void Scheduler::kill() {
  stop();
  for (Running& running : running_) running.cancel.emit(asio::cancellation_type::terminal);
}

void Scheduler::pump() {
  if (pumping_) return;
  pumping_ = true;
  bool progress = true;
  while (progress && !stopped_ && !is_behind()) {
    progress = false;
    for (auto& [place, queue] : runs_) progress = start_first(queue) || progress;
    if (!progress) progress = start_first(builds_);
  }
  pumping_ = false;
}

bool Scheduler::is_behind() const { return std::ranges::count(running_, true, &Running::released) >= kMostOver; }

bool Scheduler::start_first(std::deque<Work>& queue) {
  const std::size_t looked = std::min(queue.size(), kLookPast);
  for (std::size_t at = 0; at < looked; ++at) {
    if (!has_room(queue[at])) {
      if (queue[at].exclusive.empty()) return false;
      continue;
    }
    Work work = std::move(queue[at]);
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
    start(std::move(work));
    return true;
  }
  return false;
}

bool Scheduler::has_room(const Work& work) const {
  const auto is_held = [](const Running& running) { return !running.released; };
  if (held_.contains("*") || cost(work) > free_tokens_) return false;
  if (work.exclusive == "*" && std::ranges::any_of(running_, is_held)) return false;
  if (!work.exclusive.empty() && held_.contains(work.exclusive)) return false;
  const auto place = places_.find(work.place);
  return place == places_.end() || place->second.in_flight < place->second.slots.sessions * place->second.slots.depth;
}

void Scheduler::start(Work work) {
  running_.emplace_front();
  const auto which = running_.begin();
  which->cpus = work.cpus;
  which->place = work.place;
  which->exclusive = work.exclusive;
  free_tokens_ -= cost(work);
  if (const auto place = places_.find(work.place); place != places_.end()) ++place->second.in_flight;
  if (!work.exclusive.empty()) held_.insert(work.exclusive);
  auto perform = [](Work work, Turn turn, const bool& stopped) -> Task<void> {
    try {
      co_await work.perform(turn);
    } catch (const boost::system::system_error& error) {
      if (!stopped || error.code() != asio::error::operation_aborted) throw;
    }
  };
  asio::co_spawn(executor_, perform(std::move(work), Turn(*this, *which), stopped_),
                 asio::bind_cancellation_slot(which->cancel.slot(),
                                              [this, which](std::exception_ptr error) { finished(which, error); }));
}

void Scheduler::release(Running& running) {
  if (std::exchange(running.released, true)) return;
  free_tokens_ += running.cpus;
  if (const auto found = places_.find(running.place); found != places_.end()) {
    Place& place = found->second;
    if (--place.in_flight >= place.slots.sessions) free_tokens_ -= std::min(running.cpus, place.slots.cpus);
  }
  held_.erase(running.exclusive);
}

void Scheduler::finished(std::list<Running>::iterator which, std::exception_ptr error) {
  release(*which);
  running_.erase(which);
  if (error) {
    if (!error_) error_ = error;
    stop();
  }
  pump();
  idle_.cancel();
}

}  // namespace xtest
