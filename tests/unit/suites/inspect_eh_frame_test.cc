// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/eh_frame.h"

#include <gtest/gtest.h>

#include "tests/unit/suites/inspect_support.h"

namespace xtest {
namespace {

using inspect_test::Bytes;

constexpr std::uint8_t pcrel_sdata4 = 0x1b;

Bytes cie(ByteOrder order, std::uint8_t encoding) {
  Bytes body(order);
  body.number(0, 4)
      .number(1, 1)
      .text(std::string_view("zR\0", 3))
      .number(1, 1)
      .number(0x78, 1)
      .number(16, 1)
      .number(1, 1)
      .number(encoding, 1);
  body.pad_to(16);
  Bytes out(order);
  return out.number(body.size(), 4).text(body.data());
}

void add_fde(Bytes& table, std::uint64_t address, std::uint64_t function, std::uint64_t size) {
  table.number(16, 4);
  const std::size_t id = table.size();
  table.number(id, 4);
  table.number(function - (address + table.size()), 4).number(size, 4).number(0, 4);
}

TEST(EhFrame, FindsTheFunctionsOfPcRelativeEntriesInBothByteOrders) {
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    Bytes table = cie(order, pcrel_sdata4);
    add_fde(table, 0x2000, 0x1000, 0x20);
    add_fde(table, 0x2000, 0x3000, 0x40);
    table.number(0, 4);
    const EhFrame result = parse_eh_frame(table.view(), 0x2000, 64);
    EXPECT_EQ(result.error, "");
    ASSERT_EQ(result.functions.size(), 2u);
    EXPECT_EQ(result.functions[0].address, 0x1000u);
    EXPECT_EQ(result.functions[1].address, 0x3000u);
    EXPECT_EQ(result.functions[1].size, 0x40u);
    EXPECT_FALSE(result.terminator_before_end);
  }
}

TEST(EhFrame, WrapsAddressesOf32BitFiles) {
  Bytes table = cie(ByteOrder::little, pcrel_sdata4);
  add_fde(table, 0x8000, 0x1000, 4);
  const EhFrame result = parse_eh_frame(table.view(), 0x8000, 32);
  ASSERT_EQ(result.functions.size(), 1u);
  EXPECT_EQ(result.functions[0].address, 0x1000u);
}

TEST(EhFrame, SeesEntriesAfterTheEndMark) {
  Bytes table = cie(ByteOrder::little, pcrel_sdata4);
  table.number(0, 4);
  add_fde(table, 0, 0x1000, 4);
  table.put(table.size() - 16, table.size() - 16, 4);
  const EhFrame result = parse_eh_frame(table.view(), 0, 64);
  EXPECT_TRUE(result.terminator_before_end);
  EXPECT_EQ(result.functions.size(), 1u);
}

TEST(EhFrame, SaysWhereAnEntryRunsBeyondTheEnd) {
  Bytes table = cie(ByteOrder::little, pcrel_sdata4);
  table.number(0x1000, 4).number(0, 4);
  const EhFrame result = parse_eh_frame(table.view(), 0, 64);
  EXPECT_EQ(result.error, "entry at offset 0x14 has length 0x1000, beyond the end of the section");
}

TEST(EhFrame, SaysWhichEntryNamesNoCie) {
  Bytes table = cie(ByteOrder::little, pcrel_sdata4);
  add_fde(table, 0, 0x1000, 4);
  table.put(24, 0x7fffffff, 4);
  const EhFrame result = parse_eh_frame(table.view(), 0, 64);
  EXPECT_NE(result.error.find("FDE at offset 0x14 names no CIE"), std::string::npos) << result.error;
  EXPECT_TRUE(result.functions.empty());
}

TEST(EhFrame, SurvivesEveryTruncation) {
  Bytes table = cie(ByteOrder::little, pcrel_sdata4);
  add_fde(table, 0, 0x1000, 4);
  for (std::size_t size = 1; size < table.size(); ++size) {
    const std::vector<std::byte> cut(table.span().begin(), table.span().begin() + static_cast<std::ptrdiff_t>(size));
    const EhFrame result = parse_eh_frame(ByteView(cut, ByteOrder::little), 0, 64);
    EXPECT_TRUE(result.functions.empty()) << size;
    EXPECT_EQ(result.error.empty(), size == 20) << size;
  }
}

TEST(EhFrameHdr, CountsItsTable) {
  Bytes header;
  header.number(1, 1).number(pcrel_sdata4, 1).number(3, 1).number(0x3b, 1).number(0x100 - 4, 4).number(7, 4).zeros(56);
  const auto result = parse_eh_frame_hdr(header.view(), 0x5000, 64);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->entries, 7u);
  EXPECT_EQ(result->eh_frame, 0x5100u);
}

TEST(EhFrameHdr, RefusesAnUnknownVersion) {
  Bytes header;
  header.number(2, 1).number(pcrel_sdata4, 1).number(3, 1).number(0x3b, 1).zeros(16);
  EXPECT_FALSE(parse_eh_frame_hdr(header.view(), 0, 64).has_value());
}

TEST(ArmExidx, FollowsThePrel31OffsetsBothWays) {
  Bytes index;
  index.number(0x7fffff00, 4).number(1, 4).number(0x100, 4).number(0x80b0b0b0, 4);
  const auto starts = parse_arm_exidx(index.view(), 0x1000);
  ASSERT_EQ(starts.size(), 2u);
  EXPECT_EQ(starts[0], 0xf00u);
  EXPECT_EQ(starts[1], 0x1108u);
}

TEST(ByteCursor, ReadsLeb128AndStopsAtTheEnd) {
  Bytes bytes;
  bytes.number(0xe5, 1).number(0x8e, 1).number(0x26, 1).number(0x7f, 1).number(0x80, 1);
  ByteCursor cursor(bytes.view());
  EXPECT_EQ(cursor.uleb(), 624485u);
  EXPECT_EQ(cursor.sleb(), -1);
  EXPECT_TRUE(cursor.ok());
  EXPECT_EQ(cursor.uleb(), 0u);
  EXPECT_FALSE(cursor.ok());
}

TEST(ByteView, RefusesWhatOverflows) {
  Bytes bytes;
  bytes.zeros(8);
  EXPECT_FALSE(bytes.view().number(~std::uint64_t{0} - 2, 4).has_value());
  EXPECT_FALSE(bytes.view().slice(4, ~std::uint64_t{0}).has_value());
  EXPECT_FALSE(bytes.view().text(100).has_value());
  EXPECT_TRUE(bytes.view().slice(8, 0).has_value());
}

}  // namespace
}  // namespace xtest
