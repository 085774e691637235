// SPDX-License-Identifier: Apache-2.0
// The open sessions of one executor, kept warm between jobs.
//
// take() hands out an idle session or opens one, a fresh one if that is asked for; the borrower gives it back, or drops it when it is lost or dirty. The
// scheduler's slots bound how many there are. Engine thread only; the destructor of a session kills what runs in it.
#pragma once

#include "emulators/executor.h"
#include "runner/engine/emitter.h"

#include <memory>
#include <string>
#include <vector>

namespace xtest {

class SessionPool {
 public:
  SessionPool(std::shared_ptr<Executor> executor, Emitter& emitter);

  Executor& executor() { return *executor_; }
  Task<std::unique_ptr<Session>> take(bool fresh = false);  // throws Error{infra}
  void give_back(std::unique_ptr<Session> session);
  void drop(std::unique_ptr<Session> session, const std::string& why);
  Task<void> close();

 private:
  Task<void> close(std::unique_ptr<Session> session);

  std::shared_ptr<Executor> executor_;
  Emitter& emitter_;
  std::vector<std::unique_ptr<Session>> idle_;
};

}  // namespace xtest
