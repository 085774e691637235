// SPDX-License-Identifier: Apache-2.0
// The target files that come with xtest.
#include "targets/features.h"
#include "tests/unit/targets/target_files.h"

#include <algorithm>

namespace xtest {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class Data : public testing::Test {
 protected:
  TargetLibrary library_{{built_in_targets()}};
};

TEST_F(Data, HoldsTheNineTargets) {
  EXPECT_THAT(library_.names(),
              ElementsAre("aarch64-unknown-linux-gnu", "armv7-unknown-linux-gnueabihf", "i686-unknown-linux-gnu",
                          "powerpc64le-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu", "s390x-unknown-linux-gnu",
                          "x86_64-pc-windows-gnu", "x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"));
}

TEST_F(Data, EveryTargetLoadsAndNoSpellingIsClaimedTwice) { EXPECT_EQ(library_.all().size(), 9u); }

TEST_F(Data, EverySpellingOfEveryKindIsAccepted) {
  for (const auto* name :
       {"aarch64-linux-gnu", "linux/arm64", "arm-linux-gnueabihf", "i386-linux-gnu", "linux/386",
        "powerpc64le-linux-gnu", "linux/s390x", "x86_64-w64-mingw32", "windows/amd64", "x86_64-linux-musl"}) {
    EXPECT_NE(library_.find(name).triple, "") << name;
  }
}

TEST_F(Data, EveryTargetHasAnExecutorAndTheLanguageC) {
  for (const auto* target : library_.all()) {
    EXPECT_FALSE(target->executors.empty()) << target->triple;
    EXPECT_TRUE(target->compilers.at(Language::c).absent.empty()) << target->triple;
    EXPECT_FALSE(link_kinds(*target, Language::c).empty()) << target->triple;
  }
}

TEST_F(Data, TheMagicOfQemuUserIsTheElfHeaderOfTheTarget) {
  for (const auto* target : library_.all()) {
    for (const auto& executor : target->executors) {
      if (executor.name != "qemu-user") continue;
      const auto& magic = executor.settings.at("magic");
      const bool big = target->files.order == ByteOrder::big;
      EXPECT_EQ(magic.size(), executor.settings.at("mask").size() - 9) << target->triple;   // \x7fELF is shorter by 9
      EXPECT_EQ(magic.substr(0, 7), "\\x7fELF") << target->triple;
      EXPECT_EQ(magic.substr(7, 4), *target->files.bits == 64 ? "\\x02" : "\\x01") << target->triple;
      EXPECT_EQ(magic.substr(11, 4), big ? "\\x02" : "\\x01") << target->triple;
      const auto number = std::stoul(magic.substr(magic.size() - (big ? 2 : 6), 2), nullptr, 16);
      EXPECT_EQ(machine_name(FileFormat::elf, number), target->files.machine) << target->triple;
    }
  }
}

TEST_F(Data, MuslIsStaticAndHasNeitherCxxNorAnUnwinder) {
  const auto& musl = library_.find("x86_64-unknown-linux-musl");
  EXPECT_THAT(link_kinds(musl, Language::c), ElementsAre("static"));
  EXPECT_FALSE(musl.features.contains("cxx"));
  EXPECT_FALSE(musl.features.contains("unwinder"));
  EXPECT_THAT(musl.files.forbidden, Contains("libc.so.6"));
}

TEST_F(Data, S390xIsTheBigEndianOne) {
  for (const auto* target : library_.all()) {
    EXPECT_EQ(target->features.contains("big-endian"), target->arch == "s390x") << target->triple;
  }
}

TEST_F(Data, GnuTargetsSayWhatTheirFilesMayNeed) {
  for (const auto* target : library_.all()) {
    if (!target->features.contains("glibc")) continue;
    EXPECT_TRUE(target->files.needed_checked) << target->triple;
    EXPECT_TRUE(target->files.interp.has_value()) << target->triple;
    EXPECT_TRUE(target->files.note && target->files.note->required) << target->triple;
    EXPECT_TRUE(target->files.flags.has_value()) << target->triple;
  }
}

TEST_F(Data, EveryFeatureWordIsDocumented) {
  for (const auto* target : library_.all()) {
    for (const auto& word : target->features) EXPECT_NE(find_feature(word), nullptr) << target->triple << " " << word;
  }
}

}  // namespace
}  // namespace xtest
