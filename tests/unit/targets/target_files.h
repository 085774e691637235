// SPDX-License-Identifier: Apache-2.0
// For the tests of targets/: a folder that goes away, files in it, and a smallest target that loads.
#pragma once

#include "runner/base/error.h"
#include "targets/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include <stdlib.h>

namespace xtest {

class TargetFolder {
 public:
  TargetFolder() {
    auto name = (std::filesystem::temp_directory_path() / "xtest-targets-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
    path_ = name;
  }
  TargetFolder(const TargetFolder&) = delete;
  TargetFolder& operator=(const TargetFolder&) = delete;
  ~TargetFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file;
  }

  std::filesystem::path write_program(const std::string& name, const std::string& script) const {
    const auto file = write(name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }

 private:
  std::filesystem::path path_;
};

inline std::filesystem::path built_in_targets() { return std::filesystem::path(XTEST_SOURCE_DIR) / "targets/data"; }

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The smallest target; `more` is added at its end.
inline std::string small_target(const std::string& triple, const std::string& more = "") {
  return "triple: " + triple +
         "\narch: x86_64\nlinks: [static]\ncompilers:\n  c: {try: [cc], links: {static: []}}\n"
         "files: {bits: 64, order: little, machine: x86_64}\n" + more;
}

// "what | remedy" of the error that `action` ends with.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage) << error.what();
    return std::string(error.what()) + " | " + error.remedy();
  }
  return "no error";
}

}  // namespace xtest
