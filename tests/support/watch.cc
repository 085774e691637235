// SPDX-License-Identifier: Apache-2.0
#include "tests/support/watch.h"

#include "tests/support/playground.h"

#include <cctype>
#include <filesystem>
#include <thread>

namespace xtest {

bool eventually(const std::function<bool()>& holds, std::chrono::seconds patience) {
  for (const auto until = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < until;) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

std::vector<pid_t> pids_of(const std::string& text, const std::string& in) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (!std::isdigit(static_cast<unsigned char>(name[0]))) continue;
    if (read_text(entry.path() / in).find(text) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

}  // namespace xtest
