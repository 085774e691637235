// SPDX-License-Identifier: Apache-2.0
// A folder of a test's own, removed with everything in it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace xtest {

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view content) const;   // with its folders

 private:
  std::filesystem::path path_;
};

}  // namespace xtest
