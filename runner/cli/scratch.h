// SPDX-License-Identifier: Apache-2.0
// A folder of its own below the system's temporary folder, removed with this object. Throws Error{usage} when the temporary
// folder cannot be written.
#pragma once

#include <filesystem>

namespace xtest {

class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace xtest
