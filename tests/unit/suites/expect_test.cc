// SPDX-License-Identifier: Apache-2.0
#include "suites/expect.h"

#include "runner/base/text.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Expect : public testing::Test {
 protected:
  void add(const std::string& entries, ExpectLayer layer) {
    lists.add_file(folder.write("list" + std::to_string(++files) + ".yaml", "expectations:\n" + entries), layer);
  }
  std::string reason(const std::string& test, const std::string& today = "2026-11-22") const {
    const Expectation* found = lists.find(test, {features, revision, today});
    return found ? found->reason : "";
  }
  std::string error(const std::string& entry) {
    Expectations fresh;
    const auto file = folder.write("bad.yaml", "expectations:\n" + entry);
    return error_of([&] { fresh.add_file(file); });
  }

  const TempFolder folder;
  Expectations lists;
  std::set<std::string> features = {"linux", "aarch64", "emulated"};
  std::string revision = "rustc-web 1.85.0+dfsg3-1";
  int files = 0;
};

TEST_F(Expect, TheHighestLayerCountsAndInItTheLast) {
  add("- {test: \"s::*\", reason: of the user}\n- {test: \"s::g::b\", reason: of the user later}\n", ExpectLayer::user);
  add("- {test: \"s::g::?\", reason: of the suite}\n", ExpectLayer::suite);
  add("- {test: \"*::a\", reason: of the target}\n- {test: \"t::g::a\", reason: of the target later}\n", ExpectLayer::target);
  add("- {test: \"t::*\", reason: of the executor}\n", ExpectLayer::executor);
  EXPECT_EQ(reason("s::g::a"), "of the user");
  EXPECT_EQ(reason("s::g::b"), "of the user later");
  EXPECT_EQ(reason("t::g::a"), "of the executor");
  EXPECT_EQ(reason("u::g::a"), "of the target");
  EXPECT_EQ(reason("u::g::b"), "");
  std::vector<std::string> all;
  for (const Expectation* entry : lists.about("s::g::a")) all.push_back(entry->reason);
  EXPECT_THAT(all, ElementsAre("of the user", "of the suite", "of the target"));
}

TEST_F(Expect, ConditionVersionAndDateDecideWhetherAnEntryIsMeant) {
  add("- {test: \"s::when\", when: emulated and not windows, reason: r}\n- {test: \"s::not\", when: windows, reason: r}\n"
      "- {test: \"s::new\", versions: \">=1.85 <1.86\", reason: r}\n- {test: \"s::old\", versions: \"<1.85\", reason: r}\n"
      "- {test: \"s::until\", expires: 2026-11-22, reason: r}\n",
      ExpectLayer::suite);
  EXPECT_EQ(reason("s::when"), "r");
  EXPECT_EQ(reason("s::not"), "");
  EXPECT_EQ(reason("s::new"), "r");
  EXPECT_EQ(reason("s::old"), "");
  revision = "a digest without a version";
  EXPECT_EQ(reason("s::new"), "") << "a suite of no version is none of these";
  EXPECT_EQ(reason("s::until"), "r") << "its last day";
  const std::string tomorrow = "2026-11-23";
  EXPECT_EQ(reason("s::until", tomorrow), "");
  EXPECT_EQ(lists.find_expired("s::until", {features, revision, tomorrow})->reason, "r");
  EXPECT_EQ(lists.find_expired("s::not", {features, revision, tomorrow}), nullptr) << "it was never meant here";
}

TEST_F(Expect, ALongListFindsWhatALineByLineSearchFinds) {
  std::string entries;
  for (int at = 0; at < 500; ++at) {
    const std::string number = std::to_string(at);
    entries += "- {test: \"" + std::string(at % 3 == 0 ? "s::g" + number + "::*" : at % 3 == 1 ? "s::g" + number + "::a" : "*" + number + "::[ab]") +
               "\", reason: \"" + number + "\"}\n";
  }
  add(entries, ExpectLayer::user);
  for (int at = 0; at < 500; ++at) {
    for (const char* name : {"a", "b", "c"}) {
      const std::string test = "s::g" + std::to_string(at) + "::" + name;
      std::string last;
      for (const Expectation& entry : lists.entries()) {
        if (glob_match(entry.test, test)) last = entry.reason;
      }
      EXPECT_EQ(reason(test), last) << test;
    }
  }
}

TEST_F(Expect, WhatIsWrongIsNamedWithItsPlace) {
  EXPECT_THAT(error("- {test: a}\n"), HasSubstr("bad.yaml:2:3"));
  EXPECT_THAT(error("- {test: a, reason: r, when: linus}\n"), HasSubstr("linux"));
  EXPECT_THAT(error("- {test: a, reason: r, status: pass}\n"), HasSubstr("status is xfail or skip"));
  EXPECT_THAT(error("- {test: a, reason: r, expires: tomorrow}\n"), HasSubstr("YYYY-MM-DD"));
  EXPECT_THAT(error("- {test: a, reason: r, versions: new}\n"), HasSubstr("bounds"));
  std::string lines;
  for (int line = 0; line < 31; ++line) lines += "    line\n";
  EXPECT_THAT(error("- test: a\n  reason: r\n  reproducer: |\n" + lines), HasSubstr("at most 30 lines"));
}

TEST_F(Expect, TheDigestChangesWithWhatIsSaid) {
  const auto digest = [&](const std::string& entry, ExpectLayer layer = ExpectLayer::user) {
    Expectations fresh;
    fresh.add_file(folder.write("one.yaml", "expectations:\n" + entry), layer);
    return fresh.digest();
  };
  const std::string first = digest("- {test: a, reason: r}\n");
  EXPECT_EQ(digest("- {test: a, reason: r}\n"), first);
  for (const char* other : {"- {test: b, reason: r}\n", "- {test: a, reason: q}\n", "- {test: a, reason: r, when: linux}\n",
                            "- {test: a, reason: r, versions: \">1\"}\n", "- {test: a, reason: r, status: skip}\n", "- {test: a, reason: r, expires: 2027-01-01}\n"})
    EXPECT_NE(digest(other), first) << other;
  EXPECT_NE(digest("- {test: a, reason: r}\n", ExpectLayer::suite), first);
}

}  // namespace
}  // namespace xtest
