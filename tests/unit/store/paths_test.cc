// SPDX-License-Identifier: Apache-2.0
#include "runner/store/paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <map>
#include <optional>

#include "runner/base/error.h"
#include "runner/store/lock.h"

namespace xtest {
namespace {

namespace fs = std::filesystem;

/// The environment comes back at the end.
class Paths : public testing::Test {
 protected:
  Paths() {
    std::string name = (fs::temp_directory_path() / "paths XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    for (const char* variable : {"HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XTEST_CACHE_DIR", "XTEST_STATE_DIR"}) {
      const char* value = ::getenv(variable);
      before_[variable] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
      ::unsetenv(variable);
    }
  }
  ~Paths() override {
    for (const auto& [variable, value] : before_) {
      if (value)
        ::setenv(variable.c_str(), value->c_str(), 1);
      else
        ::unsetenv(variable.c_str());
    }
    fs::remove_all(folder_);
  }
  void set(const char* variable, const fs::path& value) { ::setenv(variable, value.c_str(), 1); }

  fs::path folder_;
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(Paths, OurVariableGoesBeforeXdgBeforeHome) {
  set("HOME", folder_ / "home");
  EXPECT_EQ(cache_dir(), folder_ / "home/.cache/xtest");
  EXPECT_EQ(state_dir(), folder_ / "home/.local/state/xtest");
  set("XDG_CACHE_HOME", "relative");
  EXPECT_EQ(cache_dir(), folder_ / "home/.cache/xtest");
  set("XDG_CACHE_HOME", folder_ / "xdg");
  EXPECT_EQ(cache_dir(), folder_ / "xdg/xtest");
  set("XTEST_CACHE_DIR", folder_ / "ours");
  EXPECT_EQ(cache_dir(), folder_ / "ours");
  EXPECT_TRUE(fs::exists(folder_ / "ours/CACHEDIR.TAG"));
}

TEST_F(Paths, ErrorsNameTheFolderAndTheVariable) {
  try {
    cache_dir();
    FAIL() << "there is no place";
  } catch (const Error& error) {
    EXPECT_THAT(error.remedy(), testing::HasSubstr("XTEST_CACHE_DIR"));
  }
  std::ofstream file(folder_ / "file");
  set("XTEST_CACHE_DIR", folder_ / "file/sub");
  try {
    cache_dir();
    FAIL() << "below a file";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), testing::HasSubstr((folder_ / "file/sub").string()));
  }
}

TEST_F(Paths, ALockIsHeldByOneAtATime) {
  auto first = FileLock::try_lock(folder_ / "lock");
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(FileLock::try_lock(folder_ / "lock").has_value());
  first.reset();
  EXPECT_TRUE(FileLock::try_lock(folder_ / "lock").has_value());
  EXPECT_THROW(FileLock::try_lock(folder_ / "absent/lock"), Error);
}

TEST_F(Paths, WaitingForALockTellsOnceAndGoesOn) {
  auto first = FileLock::try_lock(folder_ / "lock");
  asio::io_context io;
  int told = 0;
  bool got = false;
  auto wait = [&]() -> Task<void> {
    const FileLock lock = co_await FileLock::lock(folder_ / "lock", [&](const fs::path&) { ++told; });
    got = true;
  };
  asio::co_spawn(io, wait, asio::detached);
  io.run_for(std::chrono::milliseconds(250));
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(got);
  first.reset();
  io.run_for(std::chrono::seconds(5));
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(got);
}

}  // namespace
}  // namespace xtest
