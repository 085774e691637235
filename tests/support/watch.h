// SPDX-License-Identifier: Apache-2.0
// Waiting for what happens outside of the test's own process.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace xtest {

// Whether it comes true while we are patient.
bool eventually(const std::function<bool()>& holds, std::chrono::seconds patience = std::chrono::seconds(60));

// The processes whose /proc/PID/IN has `text`.
std::vector<pid_t> pids_of(const std::string& text, const std::string& in = "cmdline");

}  // namespace xtest
