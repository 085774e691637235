// SPDX-License-Identifier: Apache-2.0
// `xtest suite` and suites that others wrote, with the real binary: a checkout of the user's, and a slice of GCC's torture tests where
// they are installed.
#include <gmock/gmock.h>

#include "runner/store/paths.h"
#include "tests/support/playground.h"

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

constexpr int kUsage = 2, kInfra = 102;

constexpr const char* kSuite = R"(suite: theirs
title: what others wrote
framework: exit-code
dialect: dg
from: {packages: [theirs-source], folder: theirs-1/tests}
sources: ["*.c"]
flags: [-w]
option-sets: {O1: [-O1]}
)";

struct SuiteCommand : testing::Test {
  const Playground here;
  const fs::path cache = here.folder() / "cache";

  void SetUp() override {
    here.write("suites/theirs/suite.yaml", kSuite);
    here.write("checkout/tests/plain.c", "int main(void) { return 0; }\n");
    here.write("checkout/tests/wide.c", "/* { dg-require-effective-target int32plus } */\nint main(void) { return sizeof(int) < 4; }\n");
    here.write("checkout/tests/narrow.c", "/* { dg-require-effective-target int16 } */\nint main(void) { return 1; }\n");
    here.write("checkout/tests/mapped.c", "/* { dg-require-effective-target mmap } */\nint main(void) { return 0; }\n");
    here.write("checkout/tests/given.c", "/* { dg-options \"-DGIVEN\" } */\n#ifndef GIVEN\n#error not given\n#endif\nint main(void) { return 0; }\n");
    here.write("checkout/tests/expected.c", "/* { dg-do run { xfail *-*-* } } */\nint main(void) { return 1; }\n");
    here.write("checkout/tests/higher.c", "/* { dg-skip-if \"requires higher optimization\" { *-*-* } \"-O1\" \"\" } */\nint main(void) { return 1; }\n");
  }

  Ran suite(Playground::Words words) const {
    words.insert(words.begin(), "suite");
    return with_cache(std::move(words));
  }
  Ran with_cache(const Playground::Words& words) const {
    Call call = here.call(words);
    call.env["XTEST_CACHE_DIR"] = cache;
    return run_program(call);
  }
  Ran run_suite(const std::string& name, const Playground::Words& more = {}) const { return with_cache(here.run_words(name, more)); }
};

TEST_F(SuiteCommand, ListsTheSuitesAndSaysWhichAreNotHere) {
  const Ran ran = suite({"list", "--suites-dir", "suites"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_THAT(ran.out, AllOf(ContainsRegex("theirs +exit-code +not installed +what others wrote"), ContainsRegex("gcc-torture +exit-code +not installed"),
                             ContainsRegex("probes +probe +here")));
  const Ran unknown = suite({"show", "gcc-tortur"});
  EXPECT_EQ(unknown.code, kUsage);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("unknown suite 'gcc-tortur'"), HasSubstr("did you mean gcc-torture?")));
}

TEST_F(SuiteCommand, ARunNamesTheCommandThatProvidesWhatIsMissing) {
  const Ran ran = run_suite("theirs");
  EXPECT_EQ(ran.code, kUsage) << describe(ran);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("the tests of theirs are not installed"), HasSubstr("xtest suite install theirs")));
}

TEST_F(SuiteCommand, FollowsTheDirectivesOfACheckoutAndCountsEachTest) {
  const Ran installed = suite({"install", "theirs", "--suites-dir", "suites", "--from", "checkout"});
  ASSERT_EQ(installed.code, 0) << describe(installed);
  const Ran ran = run_suite("theirs");
  EXPECT_EQ(ran.code, 0) << describe(ran);
  const auto verdicts = here.verdicts();
  ASSERT_EQ(verdicts.size(), 7u);
  for (const char* passing : {"run::plain.c", "run::wide.c", "run::mapped.c", "run::given.c"}) EXPECT_EQ(verdicts.at(passing).status, "pass") << passing;
  EXPECT_EQ(verdicts.at("run::narrow.c").status, "skip");
  EXPECT_EQ(verdicts.at("run::narrow.c").reason, "dg-require-effective-target int16");
  EXPECT_THAT(verdicts.at("run::higher.c").reason, HasSubstr("requires higher optimization"));
  EXPECT_EQ(verdicts.at("run::expected.c").status, "xfail");
  const Ran shown = suite({"show", "theirs", "--suites-dir", "suites"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("installed"), HasSubstr((here.folder() / "checkout").filename().string())));
}

TEST_F(SuiteCommand, AKeywordThatNobodyKnowsIsAnErrorWithItsPlace) {
  here.write("checkout/tests/odd.c", "int x;\n/* { dg-require-effective-target int32pls } */\nint main(void) { return 0; }\n");
  suite({"install", "theirs", "--suites-dir", "suites", "--from", "checkout"});
  const Ran ran = run_suite("theirs");
  EXPECT_EQ(ran.code, kUsage) << describe(ran);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("odd.c:2:6: nobody here knows the effective target 'int32pls'"), HasSubstr("did you mean int32plus?")));
}

TEST_F(SuiteCommand, RemovesWhatIsInTheCacheAndNotTheCheckout) {
  suite({"install", "theirs", "--suites-dir", "suites", "--from", "checkout"});
  const Ran removed = suite({"rm", "theirs", "--suites-dir", "suites"});
  EXPECT_EQ(removed.code, 0) << describe(removed);
  EXPECT_TRUE(fs::exists(here.folder() / "checkout/tests/plain.c"));
  EXPECT_EQ(run_suite("theirs").code, kUsage);
  here.write("cache/suites/theirs/manifest.json", "{");
  const Ran shown = suite({"show", "theirs", "--suites-dir", "suites"});
  EXPECT_EQ(shown.code, kInfra) << describe(shown);
  EXPECT_THAT(shown.out, HasSubstr("damaged"));
}

TEST_F(SuiteCommand, ASliceOfGccsTortureTests) {
  const fs::path tree = cache_dir() / "suites/gcc-torture/tree";
  if (!fs::exists(tree)) GTEST_SKIP() << "xtest suite install gcc-torture";
  const Ran installed = suite({"install", "gcc-torture", "--from", tree});
  ASSERT_EQ(installed.code, 0) << describe(installed);
  const Ran ran = run_suite("gcc-torture", {"-f", "test(*::20030216-1.c) or test(*::loop-2?.c) or test(*::pr8069*.c) or test(*::990413-2.c) or test(*::9905*.c)"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_GT(verdicts.size(), 8u);
  for (const auto& [name, verdict] : verdicts) EXPECT_EQ(verdict.status, name == "run::20030216-1.c" ? "skip" : "pass") << name;
}

}  // namespace
}  // namespace xtest
