// SPDX-License-Identifier: Apache-2.0
// Whole files, safely: writing survives interruption and short writes, and a file appears complete or not at all.
//
// Any thread. Answers are errno values (0: well), since only the caller knows whether the trouble may end a run.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace xtest {

struct Written {
  std::size_t bytes = 0;  // that reached the file
  int error = 0;
};

// All of `bytes`, over EINTR and short writes.
Written write_all(int fd, std::string_view bytes);

// Into a temporary file beside `path`, then renamed over it. Answers an errno value.
int write_file(const std::filesystem::path& path, std::string_view bytes, mode_t mode = 0644);

// The content of a regular file, or nothing if it cannot be read.
std::optional<std::string> read_file(const std::filesystem::path& path);

}  // namespace xtest
