// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/plan.h"

#include "tests/support/fake_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> ids(const Plan& plan) {
  std::vector<std::string> all;
  for (CaseIx test = 0; test < plan.case_unit.size(); ++test) all.push_back(plan.id(test));
  return all;
}

TEST(Plan, NumbersCasesThroughAllUnitsAndTargets) {
  FakeWorld world;
  world.framework.add("s", "u1", {"g::a", "g::b"});
  world.framework.add("s", "u2", {"g::c"});
  world.targets.push_back(world.targets.front());
  world.targets.back().target.triple = "s390x-unknown-linux-gnu";
  const Plan plan = world.make();
  EXPECT_THAT(ids(plan), ElementsAre("s::g::a", "s::g::b", "s::g::c", "s::g::a", "s::g::b", "s::g::c"));
  EXPECT_THAT(plan.first_case, ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(plan.case_unit, ElementsAre(0, 0, 1, 2, 2, 3));
  EXPECT_THAT(plan.stream_target, ElementsAre(0, 1));
  EXPECT_EQ(plan.result_id(5), "s390x-unknown-linux-gnu/s/gcc/default/fake::g::c");
  EXPECT_EQ(plan.streams[1].executor_identity, "fake 1");
  EXPECT_EQ(plan.streams[1].suite_revision, "r1");
}

TEST(Plan, NamesTheCompilersOfAStreamByVersionAndByADigestOfProgramsAndFlags) {
  FakeWorld world;
  auto& toolchains = world.targets.front().toolchains;
  toolchains[Language::c].name = toolchains[Language::cxx].name = "gcc";
  toolchains[Language::c].version = "gcc 12.2";
  toolchains[Language::cxx].version = "g++ 12.2";
  toolchains[Language::go].name = toolchains[Language::go].version = "go";
  world.framework.add("s", "u", {"g::a"});
  const auto identity = [&] { return world.make().streams.front().toolchain_identity; };
  const std::string before = identity();
  EXPECT_THAT(before, testing::MatchesRegex("gcc 12.2, g[+][+] 12.2 #[0-9a-f]{8}"));
  toolchains[Language::cxx].spec.flags = {"-O3"};
  EXPECT_NE(identity(), before);
}

TEST(Plan, SaysWhatIsLeftOutAndWhy) {
  FakeWorld world;
  world.framework.add("s", "u1", {"g::a", "g::b"});
  world.framework.add("s", "u2", {"g::c"});
  world.selection = Selection({"s::g::a"}, {});
  const Plan plan = world.make();
  EXPECT_THAT(ids(plan), ElementsAre("s::g::a"));
  EXPECT_EQ(plan.units.size(), 1u) << "a unit without a case is not built";
  ASSERT_EQ(plan.left_out.size(), 2u);
  EXPECT_EQ(plan.left_out[0].id, "aarch64-unknown-linux-gnu/s/gcc/default/fake::g::b");
  EXPECT_EQ(plan.left_out[0].reason, "filter");
  EXPECT_EQ(plan.left_out_count, 2u);
}

TEST(Plan, PartitionsCoverTheSelectionExactlyOnce) {
  FakeWorld world;
  for (int unit = 0; unit < 10; ++unit) {
    const std::string name = std::to_string(unit);
    world.framework.add("s", "u" + name, {"g::a" + name, "g::b" + name, "h::c" + name});
  }
  world.selection = Selection({"group(g)"}, {});
  const auto whole = ids(world.make());
  for (const std::string kind : {"slice", "hash"}) {
    std::vector<std::string> seen;
    for (int part = 1; part <= 3; ++part) {
      world.partition = Partition::parse(kind + ":" + std::to_string(part) + "/3");
      const auto some = ids(world.make());
      if (kind == "slice") {
        EXPECT_NEAR(static_cast<double>(some.size()), 20 / 3.0, 1.0);
      }
      seen.insert(seen.end(), some.begin(), some.end());
    }
    std::ranges::sort(seen);
    EXPECT_EQ(seen.size(), whole.size()) << kind;
    EXPECT_TRUE(std::ranges::is_permutation(seen, whole)) << kind;
    world.partition = {};
  }
}

TEST(Plan, HashPartsAreTheSameOnAllTargets) {
  FakeWorld world;
  for (int unit = 0; unit < 20; ++unit) world.framework.add("s", "u" + std::to_string(unit), {"g::t" + std::to_string(unit)});
  world.targets.push_back(world.targets.front());
  world.targets.back().target.triple = "s390x-unknown-linux-gnu";
  world.partition = Partition::parse("hash:1/3");
  const auto all = ids(world.make());
  const auto half = static_cast<std::ptrdiff_t>(all.size() / 2);
  ASSERT_GT(half, 0);
  EXPECT_EQ(std::vector(all.begin(), all.begin() + half), std::vector(all.begin() + half, all.end()));
}

TEST(Plan, RefusesATestThatAppearsTwiceInAStream) {
  FakeWorld world;
  world.framework.add("s", "u1", {"g::a"});
  world.framework.add("s", "u2", {"g::a"});
  EXPECT_THAT(error_of([&] { world.make(); }), HasSubstr("test s::g::a appears twice in aarch64-unknown-linux-gnu/s/gcc"));
  world.framework.units["s"][1].options = "O2";
  EXPECT_EQ(world.make().streams.size(), 2u) << "another option set is another stream";
}

TEST(Plan, RefusesNeedsThatFormACircle) {
  FakeWorld world;
  world.framework.add("s", "first", {"g::a"}).cases[0].needs = {"s::g::b"};
  world.framework.add("s", "second", {"g::b"}).cases[0].needs = {"s::g::c"};
  world.framework.add("s", "third", {"g::c"});
  EXPECT_EQ(world.make().units.size(), 3u);
  world.framework.units["s"][2].unit.cases[0].needs = {"s::g::a"};
  EXPECT_THAT(error_of([&] { world.make(); }), HasSubstr("the `needs` of first form a circle"));
}

TEST(Plan, AcceptsANeedThatIsNotPartOfIt) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"}).cases[0].needs = {"hello::dynamic::c"};
  EXPECT_EQ(world.make().units.size(), 1u);
}

TEST(Plan, RefusesAnUnknownFramework) {
  FakeWorld world;
  world.suites.front().framework = "fuke";
  EXPECT_THAT(error_of([&] { world.make(); }), HasSubstr("/suites/s/suite.yaml: unknown framework 'fuke'"));
}

TEST(Plan, DigestTellsOtherTestsApart) {
  FakeWorld world;
  world.framework.add("s", "u", {"g::a"});
  const std::string one = world.make().digest();
  EXPECT_EQ(one, world.make().digest());
  world.framework.add("s", "u2", {"g::b"});
  EXPECT_NE(one, world.make().digest());
}

}  // namespace
}  // namespace xtest
