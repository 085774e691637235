// SPDX-License-Identifier: Apache-2.0
#include "runner/base/log.h"

#include <gtest/gtest.h>

#include "runner/base/error.h"

namespace xtest {
namespace {

class LogTest : public testing::Test {
 protected:
  void TearDown() override { Log::configure("warning"); }
};

TEST_F(LogTest, ShowsAnAreaAtItsOwnLevel) {
  Log::configure("ssh:debug");
  testing::internal::CaptureStderr();
  log_debug("ssh", "channel {} opened", 3);
  log_debug("engine", "not shown");
  log_warning("engine", "shown");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "xtest ssh: debug: channel 3 opened\nxtest engine: warning: shown\n");
}

TEST_F(LogTest, ABareLevelIsForEveryAreaWithoutItsOwn) {
  Log::configure("info, ssh:error");
  EXPECT_TRUE(Log::enabled("engine", LogLevel::info));
  EXPECT_FALSE(Log::enabled("engine", LogLevel::debug));
  EXPECT_FALSE(Log::enabled("ssh", LogLevel::warning));
}

TEST_F(LogTest, ABadSpecIsNamedAndChangesNothing) {
  Log::configure("debug");
  try {
    Log::configure("ssh:loud");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "--log: 'loud' is no level");
    EXPECT_EQ(error.kind(), ErrorKind::usage);
  }
  EXPECT_TRUE(Log::enabled("ssh", LogLevel::debug));
  EXPECT_THROW(Log::configure(""), Error);
}

}  // namespace
}  // namespace xtest
