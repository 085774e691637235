// SPDX-License-Identifier: Apache-2.0
// Suites out of a real repository of packages in a folder, by the real apt-get and dpkg-deb.
#include "runner/cli/install_suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/store/archive.h"
#include "tests/support/apt_repository.h"
#include "tests/support/error_of.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string sources_archive() {
  ArchiveWriter tar(ArchiveFormat::tar);
  for (const char* folder : {"tool-1", "tool-1/tests", "tool-1/doc"}) tar.folder(folder);
  tar.file("tool-1/tests/a.c", "int main(void) { return 0; }\n");
  tar.file("tool-1/tests/run.sh", "#!/bin/sh\n", 0755);
  tar.symlink("tool-1/tests/b.c", "a.c");
  tar.symlink("tool-1/tests/away", "../../../etc");
  tar.file("tool-1/doc/readme", "text");
  return tar.finish();
}

class InstallSuite : public testing::Test {
 protected:
  void SetUp() override {
    if (!AptRepository::is_possible()) GTEST_SKIP() << "no apt-get or dpkg-deb on this host";
    repository.add_package("tool-source", "all", "1.0-2", {{"usr/src/tool.tar", sources_archive()}, {"usr/share/doc/copyright", "free"}});
    repository.add_package("tool-tests", "amd64", "3", {{"usr/tests/a.c", "int x;"}, {"usr/bin/tool", "no test"}});
    repository.add_source("tool", "1.0-2", sources_archive());
    repository.publish();
    repository.write_host(folder.path() / "etc");
  }

  Suite suite(const std::string& from) {
    folder.write("suite/suite.yaml", "suite: tool\nframework: exit-code\nsources: ['*.c']\nfrom: " + from + "\n");
    return load_suite(folder.path() / "suite");
  }
  Suite packed() { return suite("{packages: [tool-source], archive: usr/src/tool*.tar, take: [tool-1/tests/], folder: tool-1/tests}"); }
  SuitePlace place() const { return {folder.path() / "cache", "amd64", folder.path() / "etc"}; }
  Progress progress() {
    return [this](std::string_view line) { told += std::string(line) + "\n"; };
  }
  SuiteManifest install(const Suite& of) { return run_task(io, install_suite(of, place(), progress())); }
  Suite used(Suite of) const {
    use_installed(of, place().cache);
    return of;
  }
  std::string why_not(const Suite& of) {
    return error_of([&] { install(of); });
  }

  TempFolder folder;
  asio::io_context io;
  AptRepository repository{io};
  std::string told;
};

TEST_F(InstallSuite, TakesWhatIsNamedOutOfTheArchiveOfAPackage) {
  const Suite tool = packed();
  EXPECT_THAT(error_of([&] { used(tool); }), AllOf(HasSubstr("the tests of tool are not installed"), HasSubstr("xtest suite install tool")));
  const SuiteManifest manifest = install(tool);
  ASSERT_EQ(manifest.packages.size(), 1u);
  EXPECT_EQ(manifest.packages[0].version, "1.0-2");
  EXPECT_EQ(manifest.packages[0].sha256.size(), 64u);
  const Suite there = used(tool);
  EXPECT_EQ(read_file(there.sources / "a.c"), "int main(void) { return 0; }\n");
  EXPECT_EQ(fs::read_symlink(there.sources / "b.c"), "a.c");
  EXPECT_NE(fs::status(there.sources / "run.sh").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_FALSE(fs::exists(there.sources / "../doc"));
  EXPECT_FALSE(fs::is_symlink(there.sources / "away")) << "it would lead out of the tree";
  EXPECT_THAT(there.revision, StartsWith("tool-source 1.0-2 #"));
  EXPECT_FALSE(fs::exists(suite_home(tool, place().cache) / "new"));
}

TEST_F(InstallSuite, TheRevisionFollowsTheTestsAndTheirDescription) {
  install(packed());
  const std::string first = used(packed()).revision;
  run_task(io, remove_suite(packed(), place()));
  install(packed());
  EXPECT_EQ(used(packed()).revision, first);
  folder.write("suite/suite.yaml", read_file(folder.path() / "suite/suite.yaml").value() + "flags: [-O2]\n");
  EXPECT_NE(used(load_suite(folder.path() / "suite")).revision, first);
}

TEST_F(InstallSuite, TakesFilesThatAPackageHasItself) {
  const Suite tool = suite("{packages: [tool-tests=3], take: [usr/tests/], folder: usr/tests}");
  EXPECT_EQ(install(tool).files, 1u);
  EXPECT_EQ(read_file(used(tool).sources / "a.c"), "int x;");
}

TEST_F(InstallSuite, UnpacksTheSourcesOfASourcePackage) {
  const Suite tool = suite("{source-package: tool, folder: tool-1/tests}");
  const SuiteManifest manifest = install(tool);
  ASSERT_EQ(manifest.packages.size(), 1u);
  EXPECT_EQ(manifest.packages[0].version, "1.0-2");
  EXPECT_EQ(manifest.packages[0].architecture, "source");
  EXPECT_TRUE(fs::exists(used(tool).sources / "a.c"));
  EXPECT_TRUE(fs::exists(used(tool).sources / "../doc/readme"));
}

TEST_F(InstallSuite, WhatIsThereIsLeftAloneAndWhatIsDamagedIsMadeAnew) {
  install(packed());
  told.clear();
  install(packed());
  EXPECT_THAT(told, IsEmpty());
  const fs::path file = used(packed()).sources / "a.c";
  write_below(file, "int main(void) { return 1; }\n");
  EXPECT_EQ(state_of(packed(), place().cache, true).kind, SuiteState::Kind::damaged);
  fs::remove(file);
  EXPECT_THAT(error_of([&] { used(packed()); }), AllOf(HasSubstr("are damaged"), HasSubstr("xtest suite install tool")));
  install(packed());
  EXPECT_THAT(told, HasSubstr("installing tool anew"));
  EXPECT_TRUE(fs::exists(used(packed()).sources / "a.c"));
  EXPECT_THAT(error_of([&] { used(suite("{packages: [tool-source], archive: usr/src/tool*.tar, folder: tool-1/tests}")); }),
              HasSubstr("it was installed for another `from:`"));
}

TEST_F(InstallSuite, AnInstallationThatWasKilledCountsForNothing) {
  const fs::path home = suite_home(packed(), place().cache);
  write_below(home / "new/tree/tool-1/tests/half.c", "");
  write_below(home / "tree/tool-1/tests/half.c", "");
  EXPECT_THAT(error_of([&] { used(packed()); }), HasSubstr("damaged"));
  install(packed());
  EXPECT_FALSE(fs::exists(used(packed()).sources / "half.c"));
}

TEST_F(InstallSuite, SaysWhatAPackageDoesNotHave) {
  EXPECT_THAT(why_not(suite("{packages: [tool-source], archive: usr/src/no*.tar}")), HasSubstr("tool-source 1.0-2 has no file usr/src/no*.tar"));
  EXPECT_THAT(why_not(suite("{packages: [tool-source], archive: usr/src/*.tar, take: [tool-2/]}")), HasSubstr("has nothing that begins with tool-2/"));
  EXPECT_THAT(why_not(suite("{packages: [tool-source], archive: usr/src/*.tar, folder: tool-2}")),
              AllOf(HasSubstr("has no folder tool-2"), HasSubstr("suite.yaml")));
  EXPECT_THAT(why_not(suite("{packages: [tool-surce]}")), HasSubstr("tool-surce"));
  EXPECT_THAT(why_not(suite("{source-package: none}")), HasSubstr("none"));
  EXPECT_FALSE(fs::exists(suite_tree(packed(), place().cache)));
}

TEST_F(InstallSuite, LeadsToTheUsersOwnCheckoutWhosePartsMayBeFewer) {
  const Suite tool = packed();
  folder.write("checkout/tests/mine.c", "1");
  const auto link = [&](const fs::path& from) { run_task(io, install_checkout(tool, from, place(), progress())); };
  link(folder.path() / "checkout");
  const Suite first = used(tool);
  EXPECT_EQ(read_file(first.sources / "mine.c"), "1");
  EXPECT_THAT(first.revision, StartsWith(fs::canonical(folder.path() / "checkout").string()));
  folder.write("checkout/tests/mine.c", "2");
  EXPECT_NE(used(tool).revision, first.revision);
  link(folder.path() / "checkout/tests");
  EXPECT_EQ(read_file(used(tool).sources / "mine.c"), "2");
  run_task(io, remove_suite(tool, place()));
  EXPECT_TRUE(fs::exists(folder.path() / "checkout/tests/mine.c"));
  EXPECT_THAT(error_of([&] { link(folder.path() / "etc"); }), HasSubstr("does not hold the folder tool-1/tests"));
  EXPECT_THAT(error_of([&] { link(folder.path() / "none"); }), HasSubstr("there is no folder"));
}

TEST_F(InstallSuite, ASuiteOfItsOwnFolderHasNothingToInstall) {
  folder.write("own/suite.yaml", "suite: own\nframework: exit-code\nsources: ['*.c']\n");
  const Suite own = load_suite(folder.path() / "own");
  EXPECT_THAT(why_not(own), HasSubstr("there is nothing to install"));
  EXPECT_EQ(used(own).sources, folder.path() / "own");
}

}  // namespace
}  // namespace xtest
