// SPDX-License-Identifier: Apache-2.0
#include "reports/output_file.h"
#include "reports/spool.h"
#include "runner/base/error.h"
#include "tests/support/report_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using std::chrono::microseconds;

std::string all_of(Spool& spool, const SpoolPart& part) {
  std::string text;
  spool.copy(part, [&](std::string_view xml) { text += xml; });
  return text;
}

TEST(Spool, GivesBackWhatLivesInOrderWhetherItReachedTheDiskOrNot) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{20'000}}) {
    ReportFolder folder;
    Spool spool(folder / "spool");
    std::vector<std::uint64_t> places;
    for (char c = 'a'; c <= 'e'; ++c)
      places.push_back(spool.append(JunitVerdict::failure, microseconds(7), std::string(size, c)));
    spool.kill(places[0]);
    spool.kill(places[4]);
    const auto parts = spool.parts(100, 1 << 20);
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].tests, 3u);
    EXPECT_EQ(parts[0].failures, 3u);
    EXPECT_EQ(parts[0].time, microseconds(21));
    EXPECT_EQ(all_of(spool, parts[0]), std::string(size, 'b') + std::string(size, 'c') + std::string(size, 'd'));
  }
}

TEST(Spool, CutsByNumberAndBySize) {
  ReportFolder folder;
  Spool spool(folder / "spool");
  for (int i = 0; i < 10; ++i) spool.append(JunitVerdict::pass, microseconds(0), std::string(100, 'x'));
  EXPECT_EQ(spool.parts(4, 1 << 20).size(), 3u);
  EXPECT_EQ(spool.parts(1000, 250).size(), 5u);
  EXPECT_EQ(spool.parts(1000, 10).size(), 10u) << "an entry that is larger than a file gets one of its own";
}

TEST(Spool, LeavesNoFileBehind) {
  ReportFolder folder;
  {
    Spool spool(folder / "spool");
    spool.append(JunitVerdict::pass, microseconds(0), std::string(100'000, 'x'));
    EXPECT_TRUE(std::filesystem::exists(folder / "spool"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "spool"));
}

TEST(Spool, NamesTheFileItCannotWrite) {
  Spool spool("/nowhere/at/all/spool");
  try {
    spool.append(JunitVerdict::pass, microseconds(0), std::string(100'000, 'x'));
    FAIL() << "it did not notice";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_THAT(error.what(), testing::HasSubstr("/nowhere/at/all/spool"));
  }
}

TEST(AtomicFile, AppearsWholeOrNotAtAll) {
  ReportFolder folder;
  {
    AtomicFile dropped(folder / "dropped");
    dropped.write("half");
  }
  AtomicFile kept(folder / "kept");
  kept.write("whole");
  EXPECT_FALSE(std::filesystem::exists(folder / "kept"));
  EXPECT_EQ(kept.commit(), std::nullopt);
  EXPECT_EQ(slurp(folder / "kept"), "whole");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 1u);
}

TEST(AtomicFile, TellsThePathThatItCannotWrite) {
  AtomicFile file("/nowhere/at/all/report");
  file.write("x");
  const auto trouble = file.commit();
  ASSERT_TRUE(trouble);
  EXPECT_THAT(*trouble, testing::HasSubstr("/nowhere/at/all/report"));
}

}  // namespace
}  // namespace xtest
