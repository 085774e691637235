// SPDX-License-Identifier: Apache-2.0
#include "targets/host.h"

#include "tests/unit/targets/target_files.h"

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Host : public testing::Test {
 protected:
  const Target& target(const char* name) { return library_.find(name); }

  TargetLibrary library_{{built_in_targets()}};
  HostFacts amd64_ = host_facts_from("x86_64", "PRETTY_NAME=\"x\"\nID=debian\nVERSION_CODENAME=bookworm\n", false);
  HostFacts arm64_ = host_facts_from("aarch64", "ID=ubuntu\nID_LIKE=\"debian\"\n", true);
  HostFacts fedora_ = host_facts_from("x86_64", "ID=fedora\n", true);
};

TEST_F(Host, IsReadFromOsRelease) {
  EXPECT_EQ(amd64_.arch + " " + amd64_.distribution + " " + amd64_.suite, "amd64 debian bookworm");
  EXPECT_EQ(arm64_.arch + " " + arm64_.distribution, "arm64 debian");
  EXPECT_EQ(fedora_.distribution, "fedora");
}

TEST_F(Host, PackagesDependOnItsArchitecture) {
  const auto& x86 = target("x86_64-unknown-linux-gnu");
  EXPECT_THAT(packages_for(x86, "cxx", amd64_), ElementsAre("g++"));
  EXPECT_THAT(packages_for(x86, "cxx", arm64_), ElementsAre("g++-x86-64-linux-gnu"));
  EXPECT_THAT(packages_for(x86, "go", arm64_), ElementsAre("golang-go"));
  EXPECT_THAT(packages_for(x86, "cxx", fedora_), IsEmpty());
}

TEST_F(Host, NeedsNoEmulatorForWhatItRunsItself) {
  EXPECT_EQ(executor_to_install(target("i686-unknown-linux-gnu"), amd64_), "");
  EXPECT_EQ(executor_to_install(target("i686-unknown-linux-gnu"), arm64_), "qemu-user");
  EXPECT_EQ(executor_to_install(target("aarch64-unknown-linux-gnu"), arm64_), "");
  EXPECT_EQ(executor_to_install(target("x86_64-pc-windows-gnu"), amd64_), "wine");
  EXPECT_EQ(executor_to_install(target("x86_64-pc-windows-gnu"), arm64_), "");
}

TEST_F(Host, NamesEachNeededPackageOnce) {
  EXPECT_THAT(needed_packages(target("s390x-unknown-linux-gnu"), {Language::c, Language::cxx, Language::c}, amd64_),
              ElementsAre("gcc-s390x-linux-gnu", "libc6-dev-s390x-cross", "g++-s390x-linux-gnu", "qemu-user-static"));
}

TEST_F(Host, TheCommandUsesSudoUnlessRoot) {
  EXPECT_EQ(install_command({"a", "b"}, amd64_), "sudo apt-get install -y a b");
  EXPECT_EQ(install_command({"a"}, arm64_), "apt-get install -y a");
  EXPECT_EQ(install_command({"a"}, fedora_), "");
  EXPECT_EQ(install_command({}, amd64_), "");
}

}  // namespace
}  // namespace xtest
