// SPDX-License-Identifier: Apache-2.0
// qemu's control channel: commands and answers (qemu's docs/interop/qmp-spec); events are passed over.
//
// Works on a socket whose other end qemu has; no path in the file system. io_context thread. A command that qemu refuses,
// or an end of qemu while one waits, is Error{infra} with its words.
#pragma once

#include "runner/base/asio.h"
#include "runner/base/fd.h"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace xtest {

class Qmp {
 public:
  // Waits for the greeting and takes up the conversation.
  static Task<std::unique_ptr<Qmp>> open(UniqueFd socket, std::chrono::milliseconds patience);
  ~Qmp();
  Qmp(const Qmp&) = delete;
  Qmp& operator=(const Qmp&) = delete;

  Task<nlohmann::json> execute(std::string command, nlohmann::json arguments);
  Task<nlohmann::json> execute(std::string command);

 private:
  struct State;
  explicit Qmp(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace xtest
