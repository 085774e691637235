// SPDX-License-Identifier: Apache-2.0
#include "runner/store/private_apt.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <fstream>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/process.h"
#include "runner/store/unpacked_tree.h"
#include "tests/support/run_task.h"

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(AptSources, ReadsBothStyles) {
  const auto lines = parse_one_line_sources(
      "# deb http://no main\n deb [arch=amd64 signed-by=/k.gpg trusted=yes] http://m/debian bookworm main contrib # x\n"
      "deb-src http://m/debian bookworm main\ndeb [open http://x y\ndeb\n");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].uri, "http://m/debian");
  EXPECT_THAT(lines[0].suites, ElementsAre("bookworm"));
  EXPECT_THAT(lines[0].components, ElementsAre("main", "contrib"));
  EXPECT_EQ(lines[0].signed_by, "/k.gpg");
  EXPECT_TRUE(lines[0].trusted);
  const auto stanzas = parse_deb822_sources(
      "# c\nTypes: deb deb-src\nURIs: http://a http://b\nSuites: bookworm bookworm-updates\n# inside\nComponents: "
      "main\n contrib\n"
      "Signed-By:\n -----BEGIN PGP\n .\n abc\n -----END PGP\n\nTypes: deb\nEnabled: no\nURIs: http://off\nSuites: x\n\n"
      "types: deb\nuris: http://c\nsuites: trixie\ncomponents: main\nsigned-by: /usr/k.gpg\n");
  ASSERT_EQ(stanzas.size(), 3u);
  EXPECT_EQ(stanzas[1].uri, "http://b");
  EXPECT_THAT(stanzas[1].components, ElementsAre("main", "contrib"));
  EXPECT_EQ(stanzas[0].key, "-----BEGIN PGP\n\nabc\n-----END PGP\n");
  EXPECT_EQ(stanzas[2].signed_by, "/usr/k.gpg");
}

TEST(AptSources, TakesTheEntryOfTheSuiteElseOneOfTheDistribution) {
  const std::vector<AptSource> sources{{"http://s/debian-security", {"bookworm-security"}, {"main"}, "", "", false},
                                       {"http://other", {"nodistro"}, {"main"}, "", "", false},
                                       {"http://m/debian/", {"bookworm"}, {"main"}, "", "", false}};
  EXPECT_EQ(source_for(sources, "bookworm")->uri, "http://m/debian/");
  EXPECT_EQ(source_for(sources, "trixie")->uri, "http://m/debian/");
  EXPECT_EQ(source_for(sources, "nodistro")->uri, "http://other");
  EXPECT_EQ(source_for({sources[1]}, "bookworm"), std::nullopt);
}

/// A repository of two packages in a folder, and the /etc/apt of a host that uses it.
class PrivateAptTest : public testing::Test {
 protected:
  PrivateAptTest() {
    std::string name = (fs::temp_directory_path() / "apt XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    fs::create_directories(folder_ / "etc/sources.list.d");
  }
  ~PrivateAptTest() override { fs::remove_all(folder_); }

  void SetUp() override {
    const std::string path = "/usr/bin:/bin";
    if (!find_program("apt-get", path) || !find_program("dpkg-deb", path))
      GTEST_SKIP() << "no apt-get or dpkg-deb on this host";
    repository_ = fs::path("/tmp") / fmt::format("xtest-repository-{}", ::getpid());
    fs::create_directories(repository_ / "pool");
    add_package("tool", "amd64", "1.0");
    add_package("tool-std", "arm64", "2.0");
    publish();
    write(folder_ / "etc/sources.list", fmt::format("deb [trusted=yes] file:{} bookworm main\n", repository_.string()));
  }
  void TearDown() override {
    if (!repository_.empty()) fs::remove_all(repository_);
  }

  static void write(const fs::path& path, std::string_view text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }

  void add_package(const std::string& name, const std::string& architecture, const std::string& version) {
    const fs::path tree = repository_ / "build";
    const std::string control =
        fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: n <n@example.org>\nDescription: d\n", name,
                    version, architecture);
    write(tree / "DEBIAN/control", control);
    write(tree / "usr/lib" / architecture / name, version);
    const std::string file = fmt::format("pool/{}_{}_{}.deb", name, version, architecture);
    ProcessSpec spec;
    spec.argv = {"dpkg-deb", "--root-owner-group", "-b", tree.string(), (repository_ / file).string()};
    spec.env = clean_environment();
    ASSERT_TRUE(exited_with(run_task(io_, run_process(spec)), 0));
    packages_[architecture] += fmt::format("{}Filename: {}\nSize: {}\nSHA256: {}\n\n", control, file,
                                           fs::file_size(repository_ / file), sha256_file(repository_ / file));
    fs::remove_all(tree);
  }
  void publish() {
    std::string sums;
    for (const auto& [architecture, packages] : packages_) {
      const std::string file = fmt::format("main/binary-{}/Packages", architecture);
      write(repository_ / "dists/bookworm" / file, packages);
      sums += fmt::format(" {} {} {}\n", sha256_hex(packages), packages.size(), file);
    }
    write(repository_ / "dists/bookworm/Release",
          "Suite: bookworm\nCodename: bookworm\nArchitectures: amd64 arm64\nComponents: main\nDate: Sat, 01 Jan 2022 "
          "00:00:00 UTC\nSHA256:\n" +
              sums);
  }

  PrivateApt apt() {
    return PrivateApt(
        {folder_ / "root", "bookworm", {"amd64", "arm64"}, folder_ / "etc", [this](std::string_view line) {
           told_.emplace_back(line);
         }});
  }
  void provide(std::vector<std::string> packages) {
    PrivateApt ours = apt();
    run_task(io_, ours.provide(std::move(packages), folder_ / "tree"));
  }
  Error failure(std::vector<std::string> packages) {
    try {
      provide(std::move(packages));
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorKind::internal, "no error");
  }

  asio::io_context io_;
  fs::path folder_, repository_;
  std::map<std::string, std::string> packages_;
  std::vector<std::string> told_;
};

TEST_F(PrivateAptTest, UnpacksPackagesOfTwoArchitecturesIntoOneTree) {
  provide({"tool", "tool-std:arm64"});
  EXPECT_EQ(read_file(folder_ / "tree/usr/lib/amd64/tool"), "1.0");
  EXPECT_EQ(read_file(folder_ / "tree/usr/lib/arm64/tool-std"), "2.0");
  const auto unpacked = unpacked_packages(folder_ / "tree");
  ASSERT_EQ(unpacked.size(), 2u);
  EXPECT_EQ(unpacked[1].package, "tool-std");
  EXPECT_EQ(unpacked[1].architecture, "arm64");
  EXPECT_EQ(unpacked[1].version, "2.0");
  EXPECT_EQ(unpacked[1].sha256, sha256_file(repository_ / "pool/tool-std_2.0_arm64.deb"));
}

TEST_F(PrivateAptTest, DoesNothingWhenEverythingIsThere) {
  provide({"tool"});
  told_.clear();
  fs::remove_all(repository_);
  provide({"tool"});
  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(PrivateAptTest, AddsToATreeAndReplacesAnOlderVersion) {
  provide({"tool"});
  add_package("tool", "amd64", "1.1");
  publish();
  PrivateApt ours = apt();
  run_task(io_, ours.unpack(repository_ / "pool/tool_1.1_amd64.deb", folder_ / "tree"));
  provide({"tool-std:arm64"});
  EXPECT_EQ(read_file(folder_ / "tree/usr/lib/amd64/tool"), "1.1");
  EXPECT_EQ(unpacked_packages(folder_ / "tree").size(), 2u);
}

TEST_F(PrivateAptTest, NamesWhatAptSaysAboutAPackageThatIsNotThere) {
  const Error error = failure({"tool", "no-such-tool"});
  EXPECT_EQ(error.kind(), ErrorKind::infra);
  EXPECT_THAT(error.what(), HasSubstr("apt-get download exited with 100"));
  EXPECT_THAT(error.what(), HasSubstr("no-such-tool"));
  EXPECT_TRUE(unpacked_packages(folder_ / "tree").empty());
}

TEST_F(PrivateAptTest, RefusesAPackageThatIsNotWhatTheListSays) {
  std::ofstream(repository_ / "pool/tool_1.0_amd64.deb", std::ios::app) << "more";
  EXPECT_THAT(failure({"tool"}).what(), HasSubstr("apt-get download"));
  EXPECT_FALSE(fs::exists(folder_ / "tree/usr"));
}

TEST_F(PrivateAptTest, SaysThatTheHostHasNoSource) {
  write(folder_ / "etc/sources.list", "");
  EXPECT_THAT(failure({"tool"}).what(), HasSubstr("names no source of bookworm main"));
}

TEST_F(PrivateAptTest, SaysWhichFileIsNoPackage) {
  write(folder_ / "bad.deb", "no package");
  PrivateApt ours = apt();
  try {
    run_task(io_, ours.unpack(folder_ / "bad.deb", folder_ / "tree"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr((folder_ / "bad.deb").string()));
  }
}

TEST_F(PrivateAptTest, MergesAFolderOverALinkButNeverOutOfTheTree) {
  fs::create_directories(folder_ / "tree/usr/lib");
  fs::create_directories(folder_ / "outside");
  fs::create_directory_symlink("usr/lib", folder_ / "tree/lib");
  fs::create_directory_symlink(folder_ / "outside", folder_ / "tree/away");
  write(folder_ / "new/lib/a", "a");
  write(folder_ / "new/away/b", "b");
  merge_tree(folder_ / "new", folder_ / "tree");
  EXPECT_EQ(read_file(folder_ / "tree/usr/lib/a"), "a");
  EXPECT_EQ(read_file(folder_ / "tree/away/b"), "b");
  EXPECT_TRUE(fs::is_empty(folder_ / "outside"));
}

}  // namespace
}  // namespace xtest
