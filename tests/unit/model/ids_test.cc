// SPDX-License-Identifier: Apache-2.0
#include "runner/model/ids.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace xtest {
namespace {

void expect_round_trip(const TestId& id) {
  const auto back = TestId::parse(id.to_string());
  ASSERT_TRUE(back.has_value()) << id.to_string() << ": " << back.error();
  EXPECT_EQ(*back, id) << id.to_string();
}

TEST(TestId, SplitsAtTheFirstTwoDoubleColons) {
  const auto id = TestId::parse("rust-alloc::alloctests::vec::test_push");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->suite, "rust-alloc");
  EXPECT_EQ(id->group, "alloctests");
  EXPECT_EQ(id->name, "vec::test_push");
}

TEST(TestId, KeepsReadableTextAsItIs) {
  EXPECT_EQ((TestId{"go-std", "os", "TestStat/dir"}).to_string(), "go-std::os::TestStat/dir");
  EXPECT_EQ((TestId{"probes", "C1", "naïve"}).to_string(), "probes::C1::naïve");
}

TEST(TestId, WritesControlPercentAndBrokenBytesAsPercentXX) {
  EXPECT_EQ((TestId{"s", "g", "a%b\n\xff"}).to_string(), "s::g::a%25b%0A%FF");
}

TEST(TestId, ComesBackFromItsOwnTextWhateverItHolds) {
  const std::array<std::string, 9> hostile{
      "a", ":", "::", "a:", ":a", "a::b", "%3A", std::string("x\0y", 3), "\xc3\x28 \x7f/é"};
  for (const auto& suite : hostile)
    for (const auto& group : hostile)
      for (const auto& name : hostile) expect_round_trip({suite, group, name});
}

TEST(TestId, SaysWhatIsWrongWithAText) {
  EXPECT_EQ(TestId::parse("probes::C1").error(), "a test id reads suite::group::case");
  EXPECT_EQ(TestId::parse("::C1::c").error(), "its suite is empty");
  EXPECT_EQ(TestId::parse("probes::C1::").error(), "its case is empty");
  EXPECT_NE(TestId::parse("probes::C%1::c").error().find("its group has a %"), std::string::npos);
  EXPECT_NE(TestId::parse("probes::C1::a\tb").error().find("control character"), std::string::npos);
  EXPECT_NE(TestId::parse("probes::C1::\xff").error().find("not UTF-8"), std::string::npos);
}

TEST(Stream, HasFivePartsAndComesBack) {
  const Stream stream{"aarch64-unknown-linux-gnu", "gcc-torture", "gcc", "O1", "qemu-user"};
  EXPECT_EQ(stream.to_string(), "aarch64-unknown-linux-gnu/gcc-torture/gcc/O1/qemu-user");
  EXPECT_EQ(Stream::parse(stream.to_string()).value(), stream);
}

TEST(Stream, EncodesASlashInAPart) {
  const Stream stream{"t", "s", "g/c", "a%", "remote:\n"};
  EXPECT_EQ(stream.to_string(), "t/s/g%2Fc/a%25/remote:%0A");
  EXPECT_EQ(Stream::parse(stream.to_string()).value(), stream);
}

TEST(Stream, SaysHowManyPartsAreThere) {
  EXPECT_NE(Stream::parse("a/b/c").error().find("this one has 3"), std::string::npos);
  EXPECT_EQ(Stream::parse("a/b//d/e").error(), "its toolchain is empty");
}

}  // namespace
}  // namespace xtest
