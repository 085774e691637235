// SPDX-License-Identifier: Apache-2.0
// What a far side says of result files is not believed further than it was asked.
#include "emulators/result_files.h"

#include "runner/base/files.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::HasSubstr;

struct ComingFiles : testing::Test {
  const TempFolder home;
  ResultWish wish{{"*.xml"}, home.path() / "results", 10, 15};
};

TEST_F(ComingFiles, LieHereUnderNamesOfOurs) {
  ResultFiles files(wish);
  ASSERT_TRUE(files.begin("a.xml") && files.take("12345") && files.take("678") && files.end(8, ""));
  const std::vector<ResultFile> came = files.finish();
  ASSERT_EQ(came.size(), 1u);
  EXPECT_EQ(came[0].host, home.path() / "results" / "1");
  EXPECT_EQ(read_file(came[0].host), "12345678");
}

TEST_F(ComingFiles, AreThoseThatWereAskedFor) {
  for (const char* name : {"a.txt", "../a.xml", "/tmp/a.xml", "b/a.xml", "", "a b.xml"}) EXPECT_FALSE(ResultFiles(wish).begin(name)) << name;
}

TEST_F(ComingFiles, ComeInOrderAndNoLargerThanTheyMayBe) {
  ResultFiles files(wish);
  EXPECT_FALSE(files.take("x"));
  EXPECT_FALSE(files.end(0, ""));
  EXPECT_TRUE(files.begin("a.xml"));
  EXPECT_FALSE(files.begin("b.xml"));
  EXPECT_FALSE(files.is_between_files());
  EXPECT_FALSE(files.take("12345678901"));
  ResultFiles many(wish);
  EXPECT_TRUE(many.begin("a.xml") && many.take("1234567890") && many.end(10, ""));
  EXPECT_TRUE(many.begin("b.xml"));
  EXPECT_FALSE(many.take("123456"));
}

TEST_F(ComingFiles, ThatAreCutOrCannotBeWrittenAreSaid) {
  ResultFiles cut(wish);
  EXPECT_TRUE(cut.begin("a.xml") && cut.take("123") && cut.end(5, ""));
  EXPECT_EQ(cut.finish().at(0).trouble, "only 3 of its 5 bytes could be read");
  EXPECT_TRUE(std::filesystem::is_empty(wish.folder));
  wish.folder = home.write("a file", "") / "below";
  ResultFiles lost(wish);
  EXPECT_TRUE(lost.begin("a.xml") && lost.take("123") && lost.end(3, ""));
  EXPECT_THAT(lost.finish().at(0).trouble, HasSubstr("it could not be written here: "));
}

}  // namespace
}  // namespace xtest
