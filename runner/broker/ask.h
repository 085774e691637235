// SPDX-License-Identifier: Apache-2.0
// Speaking with the broker from an xtest that has a question: one message, one answer; starting it when it is not there.
//
// Blocks, except where it returns a Task. What is wrong with the folder or the broker is Error{usage} or Error{infra}.
#pragma once

#include "runner/base/asio.h"
#include "runner/broker/wire.h"

#include <filesystem>
#include <optional>
#include <string>

namespace xtest {

// Nothing: no broker answers. A refusal is thrown as an Error in the broker's words.
std::optional<Message> ask_broker(const Message& message);

// Starts `xtest-main broker` if none answers; only one is started however many ask.
Task<Message> ask_or_start_broker(Message message, std::filesystem::path binary);

// A broker that was killed cannot tidy up: its socket and its folder are removed. True if there was one.
Task<bool> bury_dead_broker();

}  // namespace xtest
