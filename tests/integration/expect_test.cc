// SPDX-License-Identifier: Apache-2.0
// Lists of known failures: made from a run, judged by, explained, and told when they are out of date.
#include "tests/support/playground.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct ExpectCommand : testing::Test {
  const Playground here;
  void SetUp() override {
    here.suite("mine", {{"bad.c", "int main(void) { return 3; }\n"}, {"worse.c", "int main(void) { return 4; }\n"}, {"good.c", "int main(void) { return 0; }\n"}});
  }
  Ran update(const Playground::Words& more = {}) const {
    Playground::Words words{"expect", "update", "latest", "--file", "known.yaml", "--reason", "it \"is\" so", "--link", "a/b#1", "--expires", "2999-12-31"};
    words.insert(words.end(), more.begin(), more.end());
    return here.xtest(words);
  }
};

TEST_F(ExpectCommand, AListIsMadeFromARunAndWhatPassesLaterIsTakenOut) {
  EXPECT_EQ(here.run("mine").code, 100);
  const Ran made = update();
  EXPECT_EQ(made.code, 0) << describe(made);
  EXPECT_THAT(made.out, AllOf(HasSubstr("+ mine::run::bad.c\n+ mine::run::worse.c\n"), HasSubstr("2 added, 0 removed")));
  EXPECT_EQ(here.run("mine", {"--expect", "known.yaml"}).code, 0);
  EXPECT_EQ(here.verdicts().at("run::bad.c").status, "xfail");
  EXPECT_EQ(here.verdicts().at("run::bad.c").reason, "it \"is\" so (a/b#1)");
  EXPECT_THAT(update().out, HasSubstr("0 added, 0 removed"));

  here.write("known.yaml", "# mine\n" + read_text(here.folder() / "known.yaml"));
  here.write("suites/mine/bad.c", "int main(void) { return 0; }\n");
  EXPECT_EQ(here.run("mine", {"--expect", "known.yaml"}).code, 100);
  EXPECT_EQ(here.verdicts().at("run::bad.c").status, "xpass");
  EXPECT_THAT(update().out, AllOf(HasSubstr("- mine::run::bad.c (passes now)"), HasSubstr("0 added, 1 removed")));
  EXPECT_THAT(read_text(here.folder() / "known.yaml"), AllOf(HasSubstr("# mine"), HasSubstr("worse.c"), Not(HasSubstr("bad.c"))));
  EXPECT_EQ(here.run("mine", {"--expect", "known.yaml"}).code, 0);
}

TEST_F(ExpectCommand, ASuitesOwnListAppliesBelowTheUsersAndIsNoPartOfItsRevision) {
  EXPECT_EQ(here.run("mine").code, 100);
  const std::string before = here.events(here.records().back()).front().at("streams").at(0).at("suite");
  here.write("suites/mine/expect.yaml", "expectations:\n- {test: \"mine::run::bad.c\", reason: of the suite}\n- {test: \"mine::run::worse.c\", reason: of the suite}\n");
  here.write("user.yaml", "expectations:\n- {test: \"mine::run::worse.c\", reason: of the user, status: skip}\n");
  EXPECT_EQ(here.run("mine", {"--expect", "user.yaml"}).code, 0);
  EXPECT_EQ(here.verdicts().at("run::bad.c").reason, "of the suite");
  EXPECT_EQ(here.verdicts().at("run::worse.c").reason, "of the user");
  EXPECT_EQ(here.events(here.records().back()).front().at("streams").at(0).at("suite"), before);
  EXPECT_EQ(here.xtest({"rejudge"}).code, 0);
  const Ran explained = here.xtest({"expect", "explain", "-t", native_target(), "--lang", "c", "--suites-dir", "suites", "--suite", "mine", "--expect", "user.yaml", "mine::run::worse.c"});
  EXPECT_EQ(explained.code, 0) << describe(explained);
  EXPECT_THAT(explained.out, AllOf(HasSubstr("not expected to pass\n  user "), HasSubstr("skip counts"), HasSubstr("  suite "), HasSubstr("xfail is overruled")));
}

TEST_F(ExpectCommand, WhatIsOutOfDateIsTold) {
  here.write("old.yaml", "expectations:\n- {test: \"mine::run::bad.c\", reason: was so, expires: 2020-01-01}\n"
                         "- {test: \"mine::run::gone.c\", reason: r, link: l, expires: 2999-01-01}\n- {test: \"other::x\", reason: r}\n");
  const Ran ran = here.run("mine", {"--expect", "old.yaml"});
  EXPECT_EQ(ran.code, 100);
  EXPECT_EQ(here.verdicts().at("run::bad.c").status, "fail");
  EXPECT_THAT(here.verdicts().at("run::bad.c").reason, HasSubstr("it was expected until 2020-01-01 (old.yaml:2:3): was so"));
  EXPECT_THAT(ran.err, AllOf(HasSubstr("mine::run::bad.c (old.yaml:2:3) expired on 2020-01-01"), HasSubstr("mine::run::gone.c (old.yaml:3:3) names no test of its suite"),
                             Not(HasSubstr("other::x"))));
  const Ran checked = here.xtest({"expect", "check", "old.yaml"});
  EXPECT_EQ(checked.code, 100);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("old.yaml:2:3: mine::run::bad.c expired on 2020-01-01"), HasSubstr("old.yaml:4:3: other::x never expires"),
                                 HasSubstr("1 lists, 3 entries, 2 to look at")));
}

TEST_F(ExpectCommand, TheListsOfXtestAreInOrder) {
  const Ran ran = here.xtest({"expect", "check"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
}

TEST_F(ExpectCommand, AListThatCannotBeReadStaysAsItIs) {
  here.run("mine");
  here.write("known.yaml", "expectations: {}\n");
  EXPECT_EQ(update().code, 2);
  EXPECT_EQ(read_text(here.folder() / "known.yaml"), "expectations: {}\n");
  EXPECT_EQ(update({"--when", "linus"}).code, 2);
  EXPECT_EQ(here.xtest({"expect", "update", "--file", "k.yaml", "--reason", "r", "--expires", "soon"}).code, 2);
}

}  // namespace
}  // namespace xtest
