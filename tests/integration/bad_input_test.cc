// SPDX-License-Identifier: Apache-2.0
// What a person types or writes wrongly: every message names the place, the thing and a remedy, and the exit code is 2 (or 4
// when nothing was selected). Nothing is recorded.
#include <gmock/gmock.h>

#include "tests/support/playground.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kUsage = 2, kNothingSelected = 4;

// A target file that is wrong: what xtest says about it.
Ran with_target(const Playground& here, const std::string& text) {
  here.write("mine.yaml", text);
  return here.xtest({"targets", "--target-file", "mine.yaml", "mine-unknown-linux-gnu"});
}

std::string good_target() {
  return "triple: mine-unknown-linux-gnu\nextends: " + native_target() + "\naliases: []\n";
}

void expect_refused(const Ran& ran, const testing::Matcher<const std::string&>& message) {
  EXPECT_EQ(ran.code, kUsage) << describe(ran);
  EXPECT_THAT(ran.err, AllOf(testing::StartsWith("error: "), message)) << describe(ran);
}

TEST(BadInput, AnUnknownTripleNamesTheNearestOnes) {
  const Playground here;
  expect_refused(here.xtest({"run", "--target", "aarch64-unknwon-linux-gnu"}),
                 AllOf(HasSubstr("unknown target 'aarch64-unknwon-linux-gnu'"), HasSubstr("did you mean aarch64-unknown-linux-gnu"),
                       HasSubstr("`xtest targets`")));
  EXPECT_TRUE(here.records().empty());
}

TEST(BadInput, AnUnknownOptionIsAUsageError) {
  const Playground here;
  EXPECT_EQ(here.xtest({"run", "--taget", "x"}).code, kUsage);
  EXPECT_EQ(here.xtest({"run"}).code, kUsage);
  EXPECT_EQ(here.xtest({}).code, kUsage);
}

TEST(BadYaml, ASyntaxErrorNamesFileLineAndColumn) {
  expect_refused(with_target(Playground(), good_target() + "features: [linux, {\n"), HasSubstr("mine.yaml:"));
}

TEST(BadYaml, AnUnknownKeyNamesTheNearestOne) {
  expect_refused(with_target(Playground(), good_target() + "compilres: {}\n"),
                 AllOf(HasSubstr("mine.yaml:4:1"), HasSubstr("compilres"), HasSubstr("compilers")));
}

TEST(BadYaml, AWrongTypeNamesWhatWasExpected) {
  expect_refused(with_target(Playground(), good_target() + "links: {a: b}\n"), AllOf(HasSubstr("mine.yaml:4:"), HasSubstr("list")));
}

TEST(BadYaml, ADuplicateKeyIsRefused) {
  expect_refused(with_target(Playground(), good_target() + "arch: x\narch: y\n"), AllOf(HasSubstr("mine.yaml:5:1"), HasSubstr("arch")));
}

TEST(BadYaml, AMissingFileIsNamed) {
  const Playground here;
  expect_refused(here.xtest({"run", "--target-file", "absent.yaml", "--target", "x"}), HasSubstr("absent.yaml"));
  expect_refused(here.xtest(here.run_words("x")), HasSubstr("suites"));
}

TEST(BadYaml, ExtendsThatGoesInACircleShowsTheCircle) {
  const Playground here;
  here.write("t/a-x-linux.yaml", "triple: a-x-linux\nextends: b-x-linux\n");
  here.write("t/b-x-linux.yaml", "triple: b-x-linux\nextends: a-x-linux\n");
  expect_refused(here.xtest({"targets", "--targets-dir", "t", "a-x-linux"}),
                 AllOf(HasSubstr("circle"), HasSubstr("a-x-linux -> b-x-linux -> a-x-linux")));
}

TEST(BadYaml, ExtendsOfNothingNamesTheNearestFile) {
  expect_refused(with_target(Playground(), "triple: mine-unknown-linux-gnu\nextends: aarch64-unknown-linux-gun\n"),
                 AllOf(HasSubstr("mine.yaml:2:"), HasSubstr("aarch64-unknown-linux-gnu")));
}

TEST(BadYaml, ASecondDocumentIsRefused) {
  expect_refused(with_target(Playground(), good_target() + "---\nfeatures: []\n"), AllOf(HasSubstr("mine.yaml:"), HasSubstr("document")));
}

TEST(BadYaml, TenMegabytesAreRefusedAtOnce) {
  const Playground here;
  const Ran ran = with_target(here, good_target() + "# " + std::string(10 << 20, 'x') + "\n");
  expect_refused(ran, AllOf(HasSubstr("mine.yaml"), HasSubstr("large")));
  EXPECT_LT(ran.wall, std::chrono::seconds(30));
}

TEST(BadYaml, ASuiteFileIsReadAsStrictly) {
  const Playground here;
  here.suite("mine", {{"a.c", "int main(void) { return 0; }\n"}}, "limt: 3s\n");
  expect_refused(here.run("mine"), AllOf(HasSubstr("suite.yaml:4:1"), HasSubstr("limt"), HasSubstr("limit")));
  here.suite("mine", {}, "limit: soon\n");
  expect_refused(here.run("mine"), AllOf(HasSubstr("suite.yaml:4:"), HasSubstr("soon")));
}

TEST(BadInput, AnUnknownFeatureInAnExpressionNamesTheNearestOne) {
  const Playground here;
  here.suite("mine", {{"a.c", "int main(void) { return 0; }\n"}}, "requires: linux and thraeds\n");
  expect_refused(here.run("mine"), AllOf(HasSubstr("suite.yaml:4:21"), HasSubstr("thraeds"), HasSubstr("threads")));
}

TEST(BadInput, AnUnknownFeatureInAnExpectationIsFoundToo) {
  const Playground here;
  here.suite("mine", {{"a.c", "int main(void) { return 0; }\n"}});
  here.write("known.yaml", "expectations:\n  - test: mine::*\n    when: glibcc\n    reason: none\n");
  expect_refused(here.run("mine", {"--expect", "known.yaml"}), AllOf(HasSubstr("known.yaml:3:"), HasSubstr("glibcc"), HasSubstr("glibc")));
}

TEST(BadInput, AnUnknownSuiteNamesTheNearestOne) {
  const Playground here;
  here.suite("mine", {{"a.c", "int main(void) { return 0; }\n"}});
  expect_refused(here.run("mien"), AllOf(HasSubstr("unknown suite 'mien'"), HasSubstr("did you mean mine")));
}

TEST(BadInput, AFilterThatSelectsNothingIsNeverGreen) {
  const Playground here;
  here.suite("mine", {{"a.c", "int main(void) { return 0; }\n"}});
  const Ran ran = here.run("mine", {"mine::run::b.c"});
  EXPECT_EQ(ran.code, kNothingSelected) << describe(ran);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("mine::run::b.c"), HasSubstr("did you mean mine::run::a.c")));
  EXPECT_EQ(here.run("mine", {"--filter", "lang(go)"}).code, kNothingSelected);
  EXPECT_TRUE(here.records().empty());
}

TEST(BadInput, AFilterThatCannotBeReadPointsAtTheColumn) {
  const Playground here;
  here.suite("mine", {{"a.c", "int main(void) { return 0; }\n"}});
  expect_refused(here.run("mine", {"--filter", "lang(c) & ("}), HasSubstr("--filter:1:"));
  expect_refused(here.run("mine", {"--filter", "lnag(c)"}), HasSubstr("did you mean lang()?"));
}

TEST(BadInput, ASuiteWithoutTestsIsNeverGreen) {
  const Playground here;
  here.suite("empty", {});
  expect_refused(here.run("empty"), AllOf(HasSubstr("suite.yaml:3:"), HasSubstr("at least one test")));
  here.suite("empty", {{"a.c", "int main(void) { return 0; }\n"}}, "requires: not linux\n");
  const Ran ran = here.run("empty");
  EXPECT_NE(ran.code, 0) << "nothing but skips is no success\n" << describe(ran);
}

TEST(BadInput, AnOptionCanStandBeforeATest) {
  const Playground here;
  here.suite("mine", {{"a.c", "int main(void) { return 0; }\n"}, {"b.c", "int main(void) { return 1; }\n"}});
  const Ran ran = here.run("mine", {"--filter", "suite(mine)", "--expect", "/dev/null", "mine::run::a.c"});
  EXPECT_EQ(here.run("mine", {"mine::run::a.c"}).code, 0) << describe(ran);
  EXPECT_EQ(here.xtest(here.run_words("mine", {"mine::run::a.c"}, native_target() + "," + native_target())).code, 0);
}

}  // namespace
}  // namespace xtest
