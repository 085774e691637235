// SPDX-License-Identifier: Apache-2.0
#include "runner/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace xtest {
namespace {

std::string encode(char32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xE0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, DecodesEveryScalarValueAndNoSurrogate) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    const std::string bytes = encode(code);
    const Utf8Step step = decode_utf8(bytes, 0);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    ASSERT_EQ(step.valid, !surrogate) << std::hex << static_cast<unsigned>(code);
    if (surrogate) continue;
    ASSERT_EQ(step.code, code);
    ASSERT_EQ(step.length, bytes.size());
  }
}

TEST(Utf8, RefusesOverlongCutAndTooLargeForms) {
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x98",
                          "\xC3(", "\xE2\x82(", "\xF0\x9F\x98("}) {
    const Utf8Step step = decode_utf8(bad, 0);
    EXPECT_FALSE(step.valid) << testing::PrintToString(bad);
    EXPECT_EQ(step.length, 1u);
    EXPECT_EQ(step.code, static_cast<unsigned char>(bad[0]));
  }
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(find_invalid_utf8("gr\xC3\xBC\xC3"), 4u);
  EXPECT_EQ(find_invalid_utf8("gr\xC3\xBC"), std::string_view::npos);
  EXPECT_EQ(find_invalid_utf8(""), std::string_view::npos);
}

}  // namespace
}  // namespace xtest
