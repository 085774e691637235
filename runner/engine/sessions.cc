// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/sessions.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

using std::chrono::microseconds;

constexpr int least_depth = 2;
constexpr int memory_of_runs = 8;      // how many runs the usual time forgets the old ones after

}  // namespace

SessionPool::SessionPool(asio::any_io_executor io, std::shared_ptr<Executor> executor, int most, Emitter& emitter)
    : executor_(std::move(executor)), most_(most), emitter_(emitter), change_(io, asio::steady_timer::time_point::max()) {}

int SessionPool::depth() const {
  const int most = executor_->capacity().depth;
  if (most < least_depth || usual_.count() <= 0) return std::min(most, least_depth);
  return static_cast<int>(std::clamp<std::int64_t>(1 + 2 * way_ / usual_, least_depth, most));
}

Task<void> SessionPool::changed() {
  co_await change_.async_wait(asio::as_tuple(asio::use_awaitable));
  const auto cancelled = co_await asio::this_coro::cancellation_state;
  if (cancelled.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(asio::error::operation_aborted);
}

SessionPool::Place SessionPool::find(const Session* session) {
  return std::ranges::find_if(seats_, [&](const Seat& seat) { return seat.session.get() == session; });
}

SessionPool::Place SessionPool::least_busy() {
  auto best = seats_.end();
  for (auto at = seats_.begin(); at != seats_.end(); ++at) {
    if (!at->session || at->is_reserved || at->is_lost) continue;
    if (best == seats_.end() || at->in_flight < best->in_flight) best = at;
  }
  return best;
}

Task<Session*> SessionPool::take(Company company) {
  while (true) {
    const auto best = least_busy();
    const bool is_there = best != seats_.end();
    if (is_there && best->in_flight == 0) {
      best->in_flight = 1;
      best->is_reserved = company != Company::shared;
      if (company == Company::alone_and_fresh) co_return co_await replace(best);
      co_return best->session.get();
    }
    if (may_open()) {
      Session* session = co_await open();
      find(session)->is_reserved = company != Company::shared;
      co_return session;
    }
    if (is_there && company == Company::shared && best->in_flight < depth()) {
      ++best->in_flight;
      co_return best->session.get();
    }
    if (is_there && company != Company::shared && std::ranges::none_of(seats_, &Seat::is_reserved)) best->is_reserved = true;
    co_await changed();
  }
}

// The seat is taken while the session is being opened.
Task<Session*> SessionPool::open() {
  const auto place = seats_.emplace(seats_.end());
  place->in_flight = 1;
  try {
    place->session = co_await executor_->open();
  } catch (...) {
    seats_.erase(place);
    change_.cancel();
    throw;
  }
  emitter_.emit(SessionChanged{executor_->name(), place->session->name(), "opened", ""});
  change_.cancel();
  co_return place->session.get();
}

Task<Session*> SessionPool::replace(Place place) {
  auto old = std::move(place->session);
  seats_.erase(place);
  co_await close(std::move(old));
  Session* session = co_await open();
  find(session)->is_reserved = true;
  co_return session;
}

Task<Completion> SessionPool::run(Session* session, RunRequest request) {
  const bool is_first = find(session)->in_flight == 1;
  const auto begun = std::chrono::steady_clock::now();
  Completion completion = co_await session->run(std::move(request));
  const auto passed = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begun);
  if (is_first) way_ = std::max(passed - completion.usage.wall, microseconds(0));
  usual_ = usual_.count() == 0 ? completion.usage.wall : usual_ + (completion.usage.wall - usual_) / memory_of_runs;
  co_return completion;
}

void SessionPool::leave(Place place) {
  if (--place->in_flight == 0) {
    place->is_reserved = false;
    if (place->is_lost) seats_.erase(place);
  }
  change_.cancel();
}

void SessionPool::give_back(Session* session) { leave(find(session)); }

void SessionPool::drop(Session* session, const std::string& why) {
  const auto place = find(session);
  if (!std::exchange(place->is_lost, true)) emitter_.emit(SessionChanged{executor_->name(), session->name(), "lost", why});
  leave(place);
}

Task<void> SessionPool::close() {
  while (!seats_.empty()) {
    auto session = std::move(seats_.front().session);
    seats_.pop_front();
    co_await close(std::move(session));
  }
}

Task<void> SessionPool::close(std::unique_ptr<Session> session) {
  co_await session->close();
  emitter_.emit(SessionChanged{executor_->name(), session->name(), "closed", ""});
}

}  // namespace xtest
