// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/staging.h"

#include "runner/base/error.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::HasSubstr;

TEST(Staging, AContentIsSentOnceUnderHoweverManyNames) {
  const TempFolder folder;
  const auto a = folder.write("one/a", "same"), b = folder.write("two/b", "same"), c = folder.write("one/c", "other");
  Staging staging;
  const auto load = staging.plan({a, b, c});
  EXPECT_EQ(load.contents.size(), 2u);
  EXPECT_EQ(staging.path_of(a), "");
  staging.sent(load);
  EXPECT_EQ(staging.path_of(a), "files/0/a");
  EXPECT_EQ(staging.path_of(b), "files/1/b");
  EXPECT_EQ(staging.path_of(c), "files/0/c") << "files that lie together here do so there";
  EXPECT_TRUE(staging.plan({a, b, c}).empty());
  EXPECT_TRUE(staging.plan({folder.write("three/d", "same")}).contents.empty()) << "only a link";
}

TEST(Staging, AFileThatHasChangedIsSentAgain) {
  const TempFolder folder;
  const auto file = folder.write("a", "old");
  Staging staging;
  staging.sent(staging.plan({file}));
  folder.write("a", "newer");
  const auto load = staging.plan({file});
  ASSERT_EQ(load.contents.size(), 1u);
  EXPECT_EQ(load.contents[0].second, "newer");
}

TEST(Staging, AFileThatHasGoneIsNamed) {
  Staging staging;
  EXPECT_THROW(staging.plan({"/nonexistent/program"}), Error);
}

TEST(Staging, AProgramForAnotherProcessorIsSeen) {
  const auto elf = [](char bits, char order, char machine) {
    std::string header("\x7f" "ELF" "\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0", 20);
    header[4] = bits, header[5] = order, header[18] = machine;
    return header;
  };
  const std::string x86_64 = elf(2, 1, 62), i386 = elf(1, 1, 3), aarch64 = elf(2, 1, 43);
  EXPECT_EQ(why_foreign(x86_64, x86_64, "Linux"), "");
  EXPECT_EQ(why_foreign(i386, x86_64, "Linux"), "") << "cannot be judged";
  EXPECT_EQ(why_foreign("#!/bin/sh\nexit 0 # a script\n", x86_64, "Linux"), "");
  EXPECT_THAT(why_foreign(aarch64, x86_64, "Linux x86_64"), HasSubstr("another processor than that of the far side, Linux x86_64"));
  EXPECT_THAT(why_foreign(elf(2, 2, 62), x86_64, "Linux"), HasSubstr("another processor"));
  EXPECT_EQ(why_foreign(aarch64, "", "Linux"), "") << "nothing is known of the far side";
}

}  // namespace
}  // namespace xtest
