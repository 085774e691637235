// SPDX-License-Identifier: Apache-2.0
#include "runner/base/text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "runner/base/error.h"
#include "runner/base/utf8.h"

namespace xtest {
namespace {

using std::string_literals::operator""s;

std::string json(std::string_view text) {
  std::string out;
  json_quote(out, text);
  return out;
}

/// Bytes that are likely to matter to an escaper, from a fixed seed.
std::vector<std::string> nasty_texts() {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{
      "a",    "<",  "&",  "]]>", "\x1b", "[",    "31m",  "]",    "\a",           "\\",           "\"",
      "'",    "\n", "\r", "\t",  "\0"s,  "\x7f", "\xC3", "\xA9", "\xEF\xBF\xBE", "\xED\xA0\x80", "\xF0\x9F\x98\x80",
      "\xFF", "%",  "%4"};
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) {
    std::string& text = texts.emplace_back();
    for (unsigned n = random() % 12; n > 0; --n) text += pieces[random() % pieces.size()];
  }
  return texts;
}

TEST(ShQuote, LeavesHarmlessWordsAlone) {
  EXPECT_EQ(sh_quote("/usr/bin/g++-12"), "/usr/bin/g++-12");
  EXPECT_EQ(sh_quote("--limit=3"), "--limit=3");
}

TEST(ShQuote, QuotesWhatAShellWouldTouch) {
  EXPECT_EQ(sh_quote(""), "''");
  EXPECT_EQ(sh_quote("a b"), "'a b'");
  EXPECT_EQ(sh_quote("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(sh_quote("A=b"), "'A=b'");
  EXPECT_EQ(sh_quote("~"), "'~'");
  EXPECT_EQ(sh_quote("a\nb"), "'a\nb'");
  EXPECT_EQ(sh_quote("done"), "'done'");
  EXPECT_EQ(sh_quote("\xFF"), "'\xFF'");
}

TEST(ShQuote, RefusesANulByteWhichNoShellCanCarry) { EXPECT_THROW(sh_quote("a\0b"s), Error); }

TEST(ShJoin, MakesOneCommandLine) {
  const std::vector<std::string> words{"echo", "", "a b"};
  EXPECT_EQ(sh_join(words), "echo '' 'a b'");
}

TEST(XmlEscape, WritesEntitiesAndReferences) {
  EXPECT_EQ(xml_escape("<a b=\"c\">&'</a>"), "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&lt;/a&gt;");
  EXPECT_EQ(xml_escape("a\n\tb\r"), "a\n\tb&#13;");
  EXPECT_EQ(xml_escape("a\n\tb\r", XmlPlace::attribute), "a&#10;&#9;b&#13;");
}

TEST(XmlEscape, ShowsWhatXmlForbids) {
  EXPECT_EQ(xml_escape("\x01\x1b\0"s), "\\x01\\x1b\\x00");
  EXPECT_EQ(xml_escape("\xFFz\xC3"), "\\xffz\\xc3");
  EXPECT_EQ(xml_escape("\xEF\xBF\xBE\xEF\xBF\xBF"), "\\ufffe\\uffff");
  EXPECT_EQ(xml_escape("\xED\xA0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(xml_escape("\xC0\xBC"), "\\xc0\\xbc") << "an overlong '<'";
  EXPECT_EQ(xml_escape("\xEF\xBF\xBD\xF0\x9F\x98\x80"), "\xEF\xBF\xBD\xF0\x9F\x98\x80");
}

TEST(XmlEscape, RemovesEscapeSequences) { EXPECT_EQ(xml_escape("\x1b[1;31merror\x1b[0m: x"), "error: x"); }

TEST(XmlEscape, AlwaysGivesValidXml) {
  for (const std::string& text : nasty_texts()) {
    const std::string out = xml_escape(text);
    ASSERT_EQ(find_invalid_utf8(out), std::string::npos) << testing::PrintToString(text);
    ASSERT_EQ(out.find_first_of("<>\"'\r\x1b\a\0"s), std::string::npos) << testing::PrintToString(text);
    ASSERT_EQ(out.find("\xEF\xBF\xBE"), std::string::npos);
  }
}

TEST(JsonQuote, EscapesControlsQuotesAndBackslashes) {
  EXPECT_EQ(json("a\"b\\c\n\t\r\x01\0"s), R"("a\"b\\c\n\t\r\u0001\u0000")");
  EXPECT_EQ(json("gr\xC3\xBC\x7F"), "\"gr\xC3\xBC\x7F\"");
  EXPECT_EQ(json(""), "\"\"");
}

TEST(JsonQuote, ShowsBytesThatAreNotUtf8AsText) {
  EXPECT_EQ(json("a\xFF"), R"("a\\xff")");
  EXPECT_EQ(json("\xED\xA0\x80"), R"("\\xed\\xa0\\x80")");
}

TEST(JsonQuote, AppendsToWhatIsThere) {
  std::string out = "{";
  json_quote(out, "a");
  EXPECT_EQ(out, "{\"a\"");
}

TEST(JsonQuote, ReadsBackAsTheRepairedText) {
  for (const std::string& text : nasty_texts()) {
    ASSERT_EQ(nlohmann::json::parse(json(text)).get<std::string>(), repair_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(RepairUtf8, TouchesOnlyBadBytes) { EXPECT_EQ(repair_utf8("\xC3\xA9\xA9\n\x1b"), "\xC3\xA9\\xa9\n\x1b"); }

TEST(StripAnsi, RemovesEveryKindOfSequence) {
  EXPECT_EQ(strip_ansi("\x1b[31mred\x1b[m"), "red");
  EXPECT_EQ(strip_ansi("\x1b[?25l\x1b[2 qx"), "x");
  EXPECT_EQ(strip_ansi("\x1b]0;title\ax\x1b]8;;http://a\x1b\\y"), "xy");
  EXPECT_EQ(strip_ansi("\x1bP1$r\x1b\\z\x1b(B\x1b"
                       "7"),
            "z");
}

TEST(StripAnsi, KeepsWhatIsNoCompleteSequence) {
  for (const char* text :
       {"\x1b", "\x1b[", "\x1b[31", "\x1b[31\x01m", "\x1b]0;no end\nnext line", "\x1b]0;\x1b[0", "\x1b\xC3\xA9"}) {
    EXPECT_EQ(strip_ansi(text), text);
  }
}

TEST(StripAnsi, DoesNotLetAStrayOpenerSwallowTheLog) {
  const std::string text = "\x1b]" + std::string(10'000, 'x') + "\a";
  EXPECT_EQ(strip_ansi(text), text);
}

TEST(PercentEncodeId, EncodesPercentControlsAndBadBytesOnly) {
  EXPECT_EQ(percent_encode_id("TestStat/a b::c<T>"), "TestStat/a b::c<T>");
  EXPECT_EQ(percent_encode_id("50%\n\x7F\xFFgr\xC3\xBC"), "50%25%0A%7F%FFgr\xC3\xBC");
  EXPECT_EQ(percent_encode_id("\xC2\x85"), "%C2%85") << "a control character of two bytes";
}

TEST(PercentEncodeId, IsUndoneByDecoding) {
  for (const std::string& text : nasty_texts()) ASSERT_EQ(percent_decode_id(percent_encode_id(text)), text);
}

TEST(PercentDecodeId, RefusesAHalfEscape) {
  EXPECT_EQ(percent_decode_id("a%"), std::nullopt);
  EXPECT_EQ(percent_decode_id("a%4"), std::nullopt);
  EXPECT_EQ(percent_decode_id("a%4g"), std::nullopt);
  EXPECT_EQ(percent_decode_id("%0a%41"), "\nA");
}

TEST(Split, KeepsEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a,,b,", ','), (Parts{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (Parts{""}));
}

TEST(Trim, RemovesWhiteSpaceAtBothEndsOnly) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
}

TEST(Join, PutsTheSeparatorBetween) {
  const std::vector<std::string> parts{"a", "", "b"};
  EXPECT_EQ(join(parts, ", "), "a, , b");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(TruncateMiddle, ReturnsShortTextsWhole) {
  EXPECT_EQ(truncate_middle("0123456789", 4, 6), "0123456789");
  EXPECT_EQ(truncate_middle("", 0, 0), "");
}

TEST(TruncateMiddle, CountsWhatIsLeftOut) {
  EXPECT_EQ(truncate_middle("0123456789", 2, 3), "01\n... 5 bytes left out ...\n789");
  EXPECT_EQ(truncate_middle("01\n3456789", 3, 3), "01\n... 4 bytes left out ...\n789");
  EXPECT_EQ(truncate_middle("0123", 0, 0), "... 4 bytes left out ...\n");
}

TEST(TruncateMiddle, NeverCutsACharacter) {
  const std::string text = "\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80";
  for (std::size_t head = 0; head < text.size(); ++head) {
    for (std::size_t tail = 0; head + tail < text.size(); ++tail) {
      const std::string out = truncate_middle(text, head, tail);
      ASSERT_EQ(find_invalid_utf8(out), std::string::npos) << head << ' ' << tail;
    }
  }
  EXPECT_EQ(truncate_middle(text, 5, 5), "\xF0\x9F\x98\x80\n... 4 bytes left out ...\n\xF0\x9F\x98\x80");
}

TEST(TruncateMiddle, CutsAnywhereInBytesThatAreNoText) {
  EXPECT_EQ(truncate_middle("\x80\x80\x80\x80\x80\x80", 2, 2), "\x80\x80\n... 2 bytes left out ...\n\x80\x80");
}

}  // namespace
}  // namespace xtest
