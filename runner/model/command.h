// SPDX-License-Identifier: Apache-2.0
// One program to start: pure data, rendered by whoever starts it.
//
// An argument is text or a reference to a file of the host; a session renders references in its own way (a guest path,
// `Z:\...`). The environment is exact: nothing is inherited.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace xtest {

struct PathRef {
  std::filesystem::path host;  // absolute
  auto operator<=>(const PathRef&) const = default;
};

using Argument = std::variant<std::string, PathRef>;

struct Limits {
  std::chrono::milliseconds wall{0};     // 0: none
  std::size_t out_head = 1u << 20;       // bytes kept of the beginning of each stream
  std::size_t out_tail = 64u << 10;      // and of its end
};

struct Command {
  std::vector<Argument> argv;
  std::vector<std::string> env;          // "K=V", added to the place's fixed environment
  std::filesystem::path cwd;             // host jobs; a target job gets a fresh folder of its own
  Limits limits;
};

}  // namespace xtest
