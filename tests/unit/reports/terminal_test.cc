// SPDX-License-Identifier: Apache-2.0
#include "reports/terminal.h"

#include <gtest/gtest.h>

namespace xtest {
namespace {

TEST(SafeText, ShowsControlCharactersAndDirectionOverrides) {
  EXPECT_EQ(safe_text("a\x07" "b\x7f"), "a\\x07b\\x7f");
  EXPECT_EQ(safe_text("\u202eevil\u2066"), "\\u202eevil\\u2066");
  EXPECT_EQ(safe_text("\u009b2J"), "\\u009b2J");
}

TEST(SafeText, RemovesEscapeSequencesAndRepairsUtf8) {
  EXPECT_EQ(safe_text("\x1b[31mred\x1b[0m \xff"), "red \\xff");
  EXPECT_EQ(safe_text("grün ✓"), "grün ✓");
}

TEST(SafeText, JoinsLinesUnlessTheyAreWanted) {
  EXPECT_EQ(safe_text("a\r\nb"), "a b");
  EXPECT_EQ(safe_text("a\r\nb", Lines::keep), "a\nb");
  EXPECT_EQ(safe_text("a\rb", Lines::keep), "a\\x0db");
}

TEST(Columns, CountsWideAndCombiningCharacters) {
  EXPECT_EQ(columns("abc"), 3);
  EXPECT_EQ(columns("漢字"), 4);
  EXPECT_EQ(columns("e\u0301"), 1);
}

TEST(Fit, CutsAtAWholeCharacterAndShowsIt) {
  EXPECT_EQ(fit("abcdef", 6), "abcdef");
  EXPECT_EQ(fit("abcdefg", 6), "abcde…");
  EXPECT_EQ(fit("漢字漢字", 6), "漢字…");
  EXPECT_EQ(fit("abc", 0), "");
}

TEST(Wrap, BreaksAtBlanksAndKeepsNumbersWithTheirWord) {
  EXPECT_EQ(wrap("one two three", 9, "  "), "  one two\n  three\n");
  EXPECT_EQ(wrap("aaaa 12 bb", 8, ""), "aaaa\n12 bb\n");
  EXPECT_EQ(wrap("ends with 12", 80, ""), "ends with 12\n");
  EXPECT_EQ(wrap("abcdefghij k", 5, ""), "abcdefghij\nk\n");
}

TEST(Paint, IsSilentWhenColorsAreOff) {
  EXPECT_EQ(Paint{false}(Color::red, "x"), "x");
  EXPECT_EQ(Paint{true}(Color::green, "x"), "\x1b[32mx\x1b[0m");
}

}  // namespace
}  // namespace xtest
