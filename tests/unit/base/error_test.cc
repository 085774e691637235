// SPDX-License-Identifier: Apache-2.0
#include "runner/base/error.h"

#include <gtest/gtest.h>

namespace xtest {
namespace {

TEST(Error, BeginsWithThePlaceWhenThereIsOne) {
  const Error error(ErrorKind::usage, Position{"a.yaml", 3, 7}, "unknown key 'b'", "did you mean 'c'?");
  EXPECT_STREQ(error.what(), "a.yaml:3:7: unknown key 'b'");
  EXPECT_EQ(error.remedy(), "did you mean 'c'?");
  EXPECT_EQ(error.where(), (Position{"a.yaml", 3, 7}));
  EXPECT_EQ(error.kind(), ErrorKind::usage);
}

TEST(Error, HasNoPlaceAndNoRemedyUnlessGiven) {
  const Error error(ErrorKind::infra, "qemu is not installed");
  EXPECT_STREQ(error.what(), "qemu is not installed");
  EXPECT_EQ(error.remedy(), "");
  EXPECT_FALSE(error.where().has_value());
}

TEST(Position, ReadsAsTheFileAloneWhenItIsTheWholeFile) {
  EXPECT_EQ(to_string(Position{"a.yaml", 0, 0}), "a.yaml");
  EXPECT_EQ(to_string(Position{"a.yaml", 1, 1}), "a.yaml:1:1");
}

}  // namespace
}  // namespace xtest
