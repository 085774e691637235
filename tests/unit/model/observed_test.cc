// SPDX-License-Identifier: Apache-2.0
#include "runner/model/observed.h"

#include <gtest/gtest.h>

#include "runner/model/job.h"

namespace xtest {
namespace {

TEST(Status, EveryNameIsReadBack) {
  for (int i = 0; i <= static_cast<int>(Status::not_run); ++i) {
    const auto status = static_cast<Status>(i);
    EXPECT_EQ(status_from(to_string(status)), status) << to_string(status);
  }
  EXPECT_EQ(to_string(Status::build_fail), "build-fail");
  EXPECT_EQ(to_string(Status::not_run), "not-run");
  EXPECT_EQ(to_string(Status::level), "level");
  EXPECT_EQ(status_from("build_fail"), std::nullopt);
}

TEST(Status, CountsForTheGateAsTheTableOfResultsSays) {
  for (const auto status : {Status::pass, Status::xfail, Status::flaky}) EXPECT_EQ(weight(status), Weight::good);
  for (const auto status : {Status::fail, Status::crash, Status::timeout, Status::build_fail, Status::xpass})
    EXPECT_EQ(weight(status), Weight::bad);
  for (const auto status : {Status::skip, Status::emulator}) EXPECT_EQ(weight(status), Weight::neutral);
  for (const auto status : {Status::level, Status::infra, Status::not_run})
    EXPECT_EQ(weight(status), Weight::inconclusive);
}

TEST(Job, KindsAndPlacesAreReadBack) {
  for (int i = 0; i <= static_cast<int>(JobKind::drive); ++i)
    EXPECT_EQ(job_kind_from(to_string(static_cast<JobKind>(i))), static_cast<JobKind>(i));
  EXPECT_EQ(place_from("host"), Place::host);
  EXPECT_EQ(place_from("target"), Place::target);
  EXPECT_EQ(job_kind_from("bake"), std::nullopt);
}

TEST(Signature, ReplacesAddressesNumbersAndPaths) {
  EXPECT_EQ(make_signature("SEGV at 0x7ffe12ab, pid 4711"), "SEGV at <hex>, pid <n>");
  EXPECT_EQ(make_signature("took 0.02s, 12ms of 3 tries"), "took <n>s, <n>ms of <n> tries");
  EXPECT_EQ(make_signature("/tmp/x-1/a.c:12:7: error"), "<path>:<n>:<n>: error");
  EXPECT_EQ(make_signature("cannot open 'C:\\users\\a b.dll'"), "cannot open '<path> b.dll'");
  EXPECT_EQ(make_signature("nonce 3f9a2b1c77 was forged"), "nonce <hex> was forged");
}

TEST(Signature, KeepsWhatNamesTheFailure) {
  EXPECT_EQ(make_signature("utf8 and x86_64 are words, C1 too"), "utf8 and x86_64 are words, C1 too");
  EXPECT_EQ(make_signature("and/or read/write"), "and/or read/write");
  EXPECT_EQ(make_signature("a / b"), "a / b");
  EXPECT_EQ(make_signature("effaced facade, deadbeef"), "effaced facade, deadbeef");
}

TEST(Signature, IsTheSameForTwoRunsAndDiffersForTwoFailures) {
  const auto first = make_signature("lost 3 of 10 threads at 0xdead0000 in /tmp/a/prog");
  EXPECT_EQ(first, make_signature("lost 12 of 10 threads at 0xbeef1234 in /tmp/b/prog"));
  EXPECT_NE(first, make_signature("lost 3 of 10 signals at 0xdead0000 in /tmp/a/prog"));
  EXPECT_EQ(make_signature(first), first);
}

}  // namespace
}  // namespace xtest
