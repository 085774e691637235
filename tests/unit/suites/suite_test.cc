// SPDX-License-Identifier: Apache-2.0
#include "suites/suite.h"

#include "tests/support/suite_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace xtest {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(SuiteFile, ReadsWhatAllSuitesShare) {
  TempFolder folder;
  folder.write("suite.yaml",
               "suite: mine\ntitle: My tests\nframework: exit-code\nrequires: threads and not windows\nlimit: "
               "3s\nsources: ['*.c']\n");
  const Suite suite = load_suite(folder.path());
  EXPECT_EQ(suite.name, "mine");
  EXPECT_EQ(suite.title, "My tests");
  EXPECT_EQ(suite.framework, "exit-code");
  EXPECT_EQ(suite.requires_text, "threads and not windows");
  EXPECT_EQ(suite.limit, 3s);
  EXPECT_EQ(suite.folder, folder.path());
  EXPECT_EQ(suite.config.at("sources").as_strings(), std::vector<std::string>{"*.c"});
}

TEST(SuiteFile, HasTheSameFolderHoweverItIsWritten) {
  TempFolder folder;
  folder.write("suite.yaml", "suite: mine\nframework: probe\n");
  EXPECT_EQ(load_suite(folder.path() / "." / "").folder, folder.path());
}

TEST(SuiteFile, NamesThePlaceOfWhatIsWrong) {
  TempFolder folder;
  const auto error_for = [&](const char* text) {
    folder.write("suite.yaml", text);
    return error_of([&] { load_suite(folder.path()); });
  };
  EXPECT_THAT(error_for("suite: a/b\nframework: probe\n"), HasSubstr("suite.yaml:1:8: 'a/b' is no name for a suite"));
  EXPECT_THAT(error_for("suite: a\n"), HasSubstr("framework"));
  EXPECT_THAT(error_for("suite: a\nframework: probe\nrequires: thread\n"), HasSubstr("threads"));
  EXPECT_THAT(error_for("suite: a\nframework: probe\nrequires: '(threads'\n"), HasSubstr("suite.yaml:3:"));
  EXPECT_THAT(error_for("suite: a\nframework: probe\nlimit: 0s\n"), HasSubstr("suite.yaml:3:8: a limit of nothing"));
  EXPECT_THAT(error_for("suite: a\nframework: probe\nlimit: ten\n"), HasSubstr("suite.yaml:3:8"));
  EXPECT_THAT(error_for("suite: a\nframework: probe\nresult-files: ['*.xml', ../x]\n"), HasSubstr("suite.yaml:3:15: '../x' names no file"));
}

TEST(SuiteFile, SaysWhichFileIsMissing) {
  TempFolder folder;
  EXPECT_THAT(error_of([&] { load_suite(folder.path() / "nothing"); }), HasSubstr("nothing/suite.yaml"));
}

TEST(SuiteRevision, ChangesWithContentAndNamesButNotWithHiddenFiles) {
  TempFolder folder;
  folder.write("suite.yaml", "suite: mine\nframework: probe\n");
  const auto source = folder.write("a/x.c", "one");
  const auto revision = [&] { return load_suite(folder.path()).revision; };
  const std::string before = revision();
  EXPECT_EQ(revision(), before);
  folder.write(".git/HEAD", "ref");
  folder.write("a/.swp", "draft");
  EXPECT_EQ(revision(), before);
  folder.write("a/x.c", "two");
  const std::string changed = revision();
  EXPECT_NE(changed, before);
  std::filesystem::rename(source, folder.path() / "a/y.c");
  EXPECT_NE(revision(), changed);
}

TEST(SuiteRevision, DoesNotMixNamesWithContent) {
  TempFolder one, two;
  for (const TempFolder* folder : {&one, &two}) folder->write("suite.yaml", "suite: mine\nframework: probe\n");
  one.write("a", "bc");
  two.write("ab", "c");
  EXPECT_NE(load_suite(one.path()).revision, load_suite(two.path()).revision);
}

TEST(SuiteRevision, MayBeTheUpstreamsVersion) {
  TempFolder folder;
  folder.write("suite.yaml", "suite: mine\nframework: probe\nrevision: 1.19.8\n");
  EXPECT_EQ(load_suite(folder.path()).revision, "1.19.8");
}

TEST(FindSuites, FindsFoldersBelowARootAndARootThatIsOne) {
  TempFolder folder;
  folder.write("many/b/suite.yaml", "suite: beta\nframework: probe\n");
  folder.write("many/a/suite.yaml", "suite: alpha\nframework: probe\n");
  folder.write("many/none/readme", "");
  folder.write("own dir/suite.yaml", "suite: own\nframework: probe\n");
  const auto suites = find_suites({folder.path() / "many", folder.path() / "own dir"});
  ASSERT_EQ(suites.size(), 3u);
  EXPECT_EQ(suites[0].name, "alpha");
  EXPECT_EQ(suites[1].name, "beta");
  EXPECT_EQ(suites[2].name, "own");
}

TEST(FindSuites, RefusesTwoOfOneName) {
  TempFolder folder;
  folder.write("a/suite.yaml", "suite: same\nframework: probe\n");
  folder.write("b/suite.yaml", "suite: same\nframework: probe\n");
  const std::string error = error_of([&] { find_suites({folder.path()}); });
  EXPECT_THAT(error, HasSubstr("b/suite.yaml:1:8: the suite 'same' is also in "));
  EXPECT_THAT(error, HasSubstr("/a |"));
}

TEST(FindSuites, SaysThatAFolderIsMissing) {
  TempFolder folder;
  EXPECT_THAT(error_of([&] { find_suites({folder.path() / "no"}); }), HasSubstr("no folder with suites at "));
}

}  // namespace
}  // namespace xtest
