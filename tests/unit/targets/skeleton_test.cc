// SPDX-License-Identifier: Apache-2.0
#include "targets/skeleton.h"

#include "tests/unit/targets/target_files.h"

namespace xtest {
namespace {

using testing::Contains;
using testing::HasSubstr;

class Skeleton : public testing::TestWithParam<const char*> {};

TEST_P(Skeleton, LoadsAsItIs) {
  const TargetFolder folder;
  const auto file = folder.write("new.yaml", target_skeleton(GetParam()));
  const TargetLibrary library({built_in_targets()}, {file});
  EXPECT_EQ(library.find(GetParam()).triple, GetParam());
  EXPECT_EQ(library.all().size(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Triples, Skeleton,
                         testing::Values("aarch64-unknown-linux-musl", "x86_64-unknown-dragonfly",
                                         "x86_64-unknown-illumos", "aarch64-unknown-freebsd", "i686-pc-windows-gnu",
                                         "sparc64-unknown-netbsd", "powerpc64-unknown-linux-gnu",
                                         "loongarch64-unknown-linux-gnu", "x86_64-unknown-haiku", "m68k-unknown-elf",
                                         "i386-solaris", "s390x-alpine-linux-musl"));

TEST(SkeletonText, TellsTheFactsOfTheTriple) {
  const TargetFolder folder;
  const auto file = folder.write("new.yaml", target_skeleton("s390x-alpine-linux-musl"));
  const TargetLibrary library({}, {file});
  const auto& target = library.find("s390x-alpine-linux-musl");
  EXPECT_THAT(target.features, Contains("big-endian"));
  EXPECT_THAT(target.features, Contains("musl"));
  EXPECT_EQ(target.compilers.at(Language::go).env.at("GOARCH"), "s390x");
  const TargetLibrary built_in({built_in_targets()});
  const auto& known = built_in.find("s390x-unknown-linux-gnu").executors.at(0).settings;
  EXPECT_EQ(target.executors.at(0).settings.at("magic"), known.at("magic"));
  EXPECT_EQ(target.executors.at(0).settings.at("mask"), known.at("mask"));
}

TEST(SkeletonText, MakesTheMagicAndMaskOfTheBuiltInTargets) {
  const TargetLibrary built_in({built_in_targets()});
  for (const auto* target : built_in.all()) {
    for (const auto& executor : target->executors) {
      if (executor.name != "qemu-user") continue;
      const auto text = target_skeleton(target->arch + "-x-linux-gnu");
      EXPECT_THAT(text, HasSubstr("'" + executor.settings.at("magic") + "'"));
      EXPECT_THAT(text, HasSubstr("'" + executor.settings.at("mask") + "'"));
    }
  }
}

TEST(SkeletonText, RefusesWhatIsNoTriple) {
  for (const auto* text : {"", "x86_64", "a-b-c-d-e", "a--b", "a-b c", "../a-b", "a-b\nc"}) {
    EXPECT_THAT(error_of([&] { target_skeleton(text); }), HasSubstr("is not a triple")) << text;
  }
}

}  // namespace
}  // namespace xtest
