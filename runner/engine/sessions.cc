// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/sessions.h"

#include <utility>

namespace xtest {

SessionPool::SessionPool(std::shared_ptr<Executor> executor, Emitter& emitter)
    : executor_(std::move(executor)), emitter_(emitter) {}

Task<std::unique_ptr<Session>> SessionPool::take(bool fresh) {
  if (!idle_.empty()) {
    auto session = std::move(idle_.back());
    idle_.pop_back();
    if (!fresh) co_return session;
    co_await close(std::move(session));
  }
  auto session = co_await executor_->open();
  emitter_.emit(SessionChanged{executor_->name(), session->name(), "opened", ""});
  co_return session;
}

void SessionPool::give_back(std::unique_ptr<Session> session) { idle_.push_back(std::move(session)); }

void SessionPool::drop(std::unique_ptr<Session> session, const std::string& why) {
  emitter_.emit(SessionChanged{executor_->name(), session->name(), "lost", why});
}

Task<void> SessionPool::close() {
  while (!idle_.empty()) {
    auto session = std::move(idle_.back());
    idle_.pop_back();
    co_await close(std::move(session));
  }
}

Task<void> SessionPool::close(std::unique_ptr<Session> session) {
  co_await session->close();
  emitter_.emit(SessionChanged{executor_->name(), session->name(), "closed", ""});
}

}  // namespace xtest
