// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "runner/base/text.h"

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

TEST(HumanDuration, IsShortAndRounded) {
  EXPECT_EQ(human_duration(0ms), "0.00s");
  EXPECT_EQ(human_duration(15ms), "0.02s");
  EXPECT_EQ(human_duration(59'994ms), "59.99s");
  EXPECT_EQ(human_duration(59'996ms), "1m 0s");
  EXPECT_EQ(human_duration(63s), "1m 3s");
  EXPECT_EQ(human_duration(3'599'600ms), "1h 0m");
  EXPECT_EQ(human_duration(125min), "2h 5m");
  EXPECT_EQ(human_duration(73h), "3d 1h");
  EXPECT_EQ(human_duration(-15ms), "-0.02s");
}

TEST(HumanBytes, UsesPowersOf1024) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(3ull << 30), "3.0 GiB");
  EXPECT_EQ(human_bytes((1ull << 20) - 1), "1.0 MiB") << "not 1024.0 KiB";
  EXPECT_EQ(human_bytes(UINT64_MAX), "16.0 EiB");
}

TEST(ParseDuration, TakesANumberAndAUnit) {
  EXPECT_EQ(parse_duration("200ms"), 200ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* bad : {"", "5", "s", "-5s", "+5s", " 5s", "5 s", "5S", "1.5s", "5sec", "1m30s", "0x5s",
                          "99999999999999999999s", "9999999999999999h"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(ParseSize, TakesBytesAndPowersOf1024) {
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("64K"), 64u << 10);
  EXPECT_EQ(parse_size("3M"), 3u << 20);
  EXPECT_EQ(parse_size("5G"), 5ull << 30);
  EXPECT_EQ(parse_size("1T"), 1ull << 40);
}

TEST(ParseSize, RefusesEverythingElse) {
  for (const char* bad : {"", "G", "5g", "5GB", "-1", "1.5G", " 5G", "5 G", "99999999999T", "18446744073709551616"}) {
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace xtest
