// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/select.h"

#include "tests/support/suite_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::HasSubstr;

const Stream kStream{"aarch64-unknown-linux-gnu", "probes", "gcc", "O2", "qemu-user"};

Case a_case(const std::string& group, const std::string& name, const std::string& rung = "") {
  return Case{group, name, {}, {}, rung};
}

bool selects(const std::vector<std::string>& filters, const Case& test) {
  return Selection(filters, {}).selects(kStream, "probes::" + test.group + "::" + test.name, test);
}

TEST(Selection, OfNothingIsEverything) {
  EXPECT_TRUE(Selection().is_everything());
  EXPECT_TRUE(selects({}, a_case("C1", "c")));
}

TEST(Selection, TakesAnIdItsPrefixAndAGlob) {
  const Case test = a_case("C1", "cxx-static");
  EXPECT_TRUE(selects({"probes::C1::cxx-static"}, test));
  EXPECT_TRUE(selects({"probes::C1"}, test));
  EXPECT_TRUE(selects({"probes"}, test));
  EXPECT_TRUE(selects({"*::cxx-*"}, test));
  EXPECT_FALSE(selects({"probes::C"}, test)) << "a prefix ends where a part ends";
  EXPECT_FALSE(selects({"probes::C1::cxx"}, test));
}

TEST(Selection, KnowsEveryPredicate) {
  const Case test = a_case("C1", "cxx-static", "stack");
  for (const char* filter : {"test(probes::C1::*)", "suite(pro*)", "group(C?)", "lang(cxx)", "rung(stack)", "target(aarch64-*)",
                             "toolchain(gcc)", "executor(qemu-*)"})
    EXPECT_TRUE(selects({filter}, test)) << filter;
  for (const char* filter : {"test(probes::C2::*)", "suite(hello)", "group(C)", "lang(c)", "rung(file)", "target(x86*)",
                             "toolchain(clang)", "executor(host)"})
    EXPECT_FALSE(selects({filter}, test)) << filter;
}

TEST(Selection, CombinesWithOperatorsAndTakesAnyOfSeveralFilters) {
  EXPECT_TRUE(selects({"suite(probes) & not lang(go)"}, a_case("C1", "c")));
  EXPECT_FALSE(selects({"suite(probes) & not lang(go)"}, a_case("C1", "go")));
  EXPECT_TRUE(selects({"probes::A1", "probes::C1"}, a_case("C1", "c")));
  EXPECT_FALSE(selects({"probes::A1", "probes::A2"}, a_case("C1", "c")));
}

TEST(Selection, NamesTheNearestPredicateAndItsColumn) {
  const std::string text = error_of([] { Selection({"probes::C1 or langauge(c)"}, {}); });
  EXPECT_THAT(text, HasSubstr("--filter:1:15: unknown filter langauge()"));
  EXPECT_THAT(error_of([] { Selection({"siute(c)"}, {}); }), HasSubstr("did you mean suite()?"));
  EXPECT_THAT(error_of([] { Selection({"zzzzzzzz(c)"}, {}); }), HasSubstr("known filters: test suite group"));
}

TEST(Selection, OfResultsComparesTheWholeResult) {
  const Selection only({}, {kStream.to_string() + "::C1::c"});
  EXPECT_FALSE(only.is_everything());
  EXPECT_TRUE(only.selects(kStream, "probes::C1::c", a_case("C1", "c")));
  EXPECT_FALSE(only.selects(kStream, "probes::C1::cxx", a_case("C1", "cxx")));
  Stream other = kStream;
  other.options = "O0";
  EXPECT_FALSE(only.selects(other, "probes::C1::c", a_case("C1", "c")));
}

TEST(Partition, ReadsWhatItIsToldAndRefusesTheRest) {
  EXPECT_EQ(Partition::parse("").kind, Partition::Kind::none);
  const Partition hash = Partition::parse("hash:2/4");
  EXPECT_EQ(hash.kind, Partition::Kind::hash);
  EXPECT_EQ(hash.index, 2u);
  EXPECT_EQ(hash.count, 4u);
  for (const char* bad : {"slice", "slice:1", "slice:0/3", "slice:1/0", "slice:a/3", "part:1/2", "slice:1/3x", "slice:-1/3", "/:"})
    EXPECT_THAT(error_of([&] { Partition::parse(bad); }), HasSubstr("slice:1/3 or hash:1/3")) << bad;
  EXPECT_THAT(error_of([] { Partition::parse("slice:4/3"); }), HasSubstr("part 4 of only 3"));
}

TEST(Partition, PartsTakeEveryTestExactlyOnce) {
  for (const std::string kind : {"slice", "hash"}) {
    for (std::size_t position = 0; position < 200; ++position) {
      int taken = 0;
      for (int part = 1; part <= 3; ++part)
        taken += Partition::parse(kind + ":" + std::to_string(part) + "/3").takes(position, "s::g::" + std::to_string(position));
      EXPECT_EQ(taken, 1) << kind << " " << position;
    }
  }
}

TEST(Partition, HashDoesNotDependOnThePosition) {
  const Partition half = Partition::parse("hash:1/2");
  int taken = 0;
  for (int test = 0; test < 100; ++test) {
    const std::string id = "s::g::" + std::to_string(test);
    EXPECT_EQ(half.takes(0, id), half.takes(77, id));
    taken += half.takes(0, id);
  }
  EXPECT_GT(taken, 25);
  EXPECT_LT(taken, 75);
}

TEST(Language, IsTheFirstWordOfTheName) {
  EXPECT_EQ(language_of(a_case("C1", "cxx-O2-static")), "cxx");
  EXPECT_EQ(language_of(a_case("C1", "c")), "c");
}

}  // namespace
}  // namespace xtest
