// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <set>

#include "runner/base/error.h"
#include "runner/record/record.h"

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::string_view first = "01JD5QZ0000000000000000000";
constexpr std::string_view second = "01JD5V80000000000000000000";
constexpr std::string_view third = "01JD5V9ZZZZZZZZZZZZZZZZZZZ";

class Runs : public testing::Test {
 protected:
  Runs() {
    std::string name = (fs::temp_directory_path() / "runs.XXXXXX").string();
    runs_ = ::mkdtemp(name.data());
    for (const auto id : {second, third, first}) {
      fs::create_directories(runs_ / id);
      std::ofstream(runs_ / id / "events.jsonl");
    }
    fs::create_directories(runs_ / "latest");
    fs::create_directories(runs_ / "01JD5VAAAAAAAAAAAAAAAAAAAA");
  }
  ~Runs() override { fs::remove_all(runs_); }

  std::string found(std::string_view name) {
    try {
      return find_run(runs_, name).filename().string();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      return std::string(error.what()) + " | " + error.remedy();
    }
  }
  fs::path runs_;
};

TEST_F(Runs, AreListedOldestFirstWithoutForeignFolders) {
  EXPECT_THAT(list_runs(runs_), testing::ElementsAre(runs_ / first, runs_ / second, runs_ / third));
}

TEST_F(Runs, AreFoundByIdPrefixAndAge) {
  EXPECT_EQ(found(second), second);
  EXPECT_EQ(found("01JD5Q"), first);
  EXPECT_EQ(found("01jd5v9"), third);
  EXPECT_EQ(found("latest"), third);
  EXPECT_EQ(found("latest~2"), first);
}

TEST_F(Runs, AreNamedWhenThereIsNoOneAnswer) {
  EXPECT_THAT(found("01JD5V"),
              testing::AllOf(HasSubstr("fits 2 runs"), HasSubstr(std::string(second)), HasSubstr(std::string(third))));
  EXPECT_THAT(found("02"), testing::AllOf(HasSubstr("no run in"), HasSubstr(std::string(first))));
  EXPECT_THAT(found("latest~3"), HasSubstr("goes back too far"));
  EXPECT_THAT(found("latest~x"), HasSubstr("no run in"));
  EXPECT_THAT(found(""), HasSubstr("no run in"));
  EXPECT_THROW(find_run(runs_ / "latest", "latest"), Error);
}

TEST(Ulid, IsTwentySixDigitsAndUnique) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(new_ulid());
  EXPECT_EQ(ids.size(), 1000u);
  for (const auto& id : ids) {
    EXPECT_EQ(id.size(), 26u);
    EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), id.npos);
    EXPECT_LE(id[0], '7');
  }
}

}  // namespace
}  // namespace xtest
