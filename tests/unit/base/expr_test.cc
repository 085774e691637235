// SPDX-License-Identifier: Apache-2.0
#include "runner/base/expr.h"

#include <gtest/gtest.h>

#include <set>

namespace xtest {
namespace {

Expr parse(std::string_view text) { return Expr::parse(text, {"--filter", 1, 1}); }

bool holds(std::string_view text, const std::set<std::string>& facts) {
  return parse(text).eval([&](const Atom& atom) { return facts.contains(to_string(atom)); });
}

std::string error_of(std::string_view text, const Position& origin = {"--filter", 1, 1}) {
  try {
    Expr::parse(text, origin);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "no error";
}

TEST(Expr, AndBindsTighterThanOrAndNotTightest) {
  EXPECT_TRUE(holds("a or b and c", {"a"}));
  EXPECT_FALSE(holds("(a or b) and c", {"a"}));
  EXPECT_TRUE(holds("not a or b", {"b", "a"}));
  EXPECT_FALSE(holds("not (a or b)", {"b"}));
  EXPECT_TRUE(holds("not not a", {"a"}));
  EXPECT_FALSE(holds("not a and b", {"a", "b"}));
}

TEST(Expr, KnowsWordsAndSignsForTheSameOperators) {
  for (const char* text : {"a and not (b or c)", "a & !(b | c)", "a&!(b|c)", " a\tand\nnot(b or c) "}) {
    EXPECT_TRUE(holds(text, {"a"})) << text;
    EXPECT_FALSE(holds(text, {"a", "c"})) << text;
    EXPECT_EQ(parse(text).to_string(), "a and not (b or c)");
  }
}

TEST(Expr, AgreesWithAllTruthTablesOfThreeAtoms) {
  for (int bits = 0; bits < 8; ++bits) {
    const bool a = bits & 1, b = bits & 2, c = bits & 4;
    const auto value = [&](const Atom& atom) { return atom.name == "a" ? a : atom.name == "b" ? b : c; };
    EXPECT_EQ(parse("a & b | !c").eval(value), (a && b) || !c) << bits;
    EXPECT_EQ(parse("!(a | b & c)").eval(value), !(a || (b && c))) << bits;
    EXPECT_EQ(parse("a & (b | c) & !b").eval(value), a && (b || c) && !b) << bits;
  }
}

TEST(Expr, TakesArgumentsUpToTheMatchingParenthesis) {
  const Expr expr = parse("suite(probes) & test( *C1* (x|y) & z ) | not lang(go)");
  ASSERT_EQ(expr.atoms().size(), 3u);
  EXPECT_EQ(expr.atoms()[0].name, "suite");
  EXPECT_EQ(expr.atoms()[0].arg, "probes");
  EXPECT_EQ(expr.atoms()[1].arg, "*C1* (x|y) & z");
  EXPECT_EQ(expr.atoms()[2].where, (Position{"--filter", 1, 46}));
}

TEST(Expr, CountsNoParenthesisThatIsAloneInBrackets) {
  const Expr expr = parse("test(a[(]b) | test([)]) | test(a[()]b)");
  ASSERT_EQ(expr.atoms().size(), 3u);
  EXPECT_EQ(expr.atoms()[0].arg, "a[(]b");
  EXPECT_EQ(expr.atoms()[1].arg, "[)]");
  EXPECT_EQ(expr.atoms()[2].arg, "a[()]b");
}

TEST(Expr, TakesBareGlobsAndIdentitiesAsAtoms) {
  for (const char* text : {"probes::C1::*", "go-std::os::TestStat/dir", "gcc-torture::execute::2000?.c", "x[!a-c]%0A+y",
                           "[^a]", "order", "android", "nothing"}) {
    const Expr expr = parse(text);
    ASSERT_EQ(expr.atoms().size(), 1u) << text;
    EXPECT_EQ(expr.atoms()[0].name, text);
    EXPECT_FALSE(expr.atoms()[0].arg.has_value());
  }
}

TEST(Expr, CountsPositionsFromItsOrigin) {
  const Expr expr = Expr::parse("linux and wnie", {"a.yaml", 7, 11});
  EXPECT_EQ(expr.atoms()[1].where, (Position{"a.yaml", 7, 21}));
  EXPECT_EQ(Expr::parse("linux", {"--when"}).atoms()[0].where, (Position{"--when", 1, 1}));
}

TEST(Expr, SaysWhatItExpectedAndWhere) {
  EXPECT_EQ(error_of(""), "--filter:1:1: expected a name, 'not' or '(', found the end");
  EXPECT_EQ(error_of("a and"), "--filter:1:6: expected a name, 'not' or '(', found the end");
  EXPECT_EQ(error_of("a and or b"), "--filter:1:7: expected a name, 'not' or '(', found 'or'");
  EXPECT_EQ(error_of("and"), "--filter:1:1: expected a name, 'not' or '(', found 'and'");
  EXPECT_EQ(error_of("a b"), "--filter:1:3: expected 'and', 'or' or the end, found 'b'");
  EXPECT_EQ(error_of("a && b"), "--filter:1:4: expected a name, 'not' or '(', found '&'");
  EXPECT_EQ(error_of("(a or b"), "--filter:1:8: expected 'and', 'or' or ')', found the end");
  EXPECT_EQ(error_of("(a b)"), "--filter:1:4: expected 'and', 'or' or ')', found 'b'");
  EXPECT_EQ(error_of("a)"), "--filter:1:2: ')' without its '('");
  EXPECT_EQ(error_of("()"), "--filter:1:2: expected a name, 'not' or '(', found ')'");
  EXPECT_EQ(error_of("suite (a)"), "--filter:1:7: expected 'and', 'or' or the end, found '('");
  EXPECT_EQ(error_of("suite(a"), "--filter:1:8: expected ')', found the end");
  EXPECT_EQ(error_of("suite( )"), "--filter:1:6: expected an argument between '(' and ')'");
  EXPECT_EQ(error_of("a*(b)"), "--filter:1:1: 'a*' before a '(' is not a plain name");
  EXPECT_EQ(error_of("a, b"), "--filter:1:2: expected 'and', 'or' or the end, found ','");
  EXPECT_EQ(error_of("a \xFF", {"f.yaml", 3, 5}), "f.yaml:3:7: expected 'and', 'or' or the end, found '\\xff'");
  EXPECT_EQ(error_of(std::string("a\0b", 3)), "--filter:1:2: expected 'and', 'or' or the end, found '\\x00'");
}

TEST(Expr, LimitsDepthAndSize) {
  EXPECT_EQ(error_of(std::string(64, '(') + "a" + std::string(64, ')')), "no error");
  EXPECT_EQ(error_of(std::string(65, '(') + "a" + std::string(65, ')')), "--filter:1:66: nested deeper than 64 levels");
  EXPECT_EQ(error_of(std::string(60'000, '!') + "a"), "--filter:1:66: nested deeper than 64 levels");
  EXPECT_EQ(error_of(std::string(65'537, 'a')), "--filter:1:1: expression longer than 64 KiB");
}

TEST(Expr, TakesLongChainsWithoutDepth) {
  std::string text = "a0";
  for (int i = 1; i < 8000; ++i) text += "|a" + std::to_string(i);
  EXPECT_TRUE(holds(text, {"a7999"}));
  EXPECT_FALSE(holds(text, {"b"}));
}

TEST(Expr, PrintsOnlyTheParenthesesThatAreNeeded) {
  EXPECT_EQ(parse("((a)) | (b & (c))").to_string(), "a or b and c");
  EXPECT_EQ(parse("(a | b) & !(c & d) & !e").to_string(), "(a or b) and not (c and d) and not e");
  EXPECT_EQ(parse("a | (b | c)").to_string(), "a or b or c");
  EXPECT_EQ(parse("!!suite(x y)").to_string(), "not not suite(x y)");
}

TEST(Expr, CopiesAreIndependentOfTheirOriginal) {
  auto original = std::make_unique<Expr>(parse("a and b"));
  const Expr copy = *original;
  original.reset();
  EXPECT_EQ(copy.to_string(), "a and b");
  EXPECT_TRUE(copy.eval([](const Atom&) { return true; }));
}

}  // namespace
}  // namespace xtest
