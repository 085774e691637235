// SPDX-License-Identifier: Apache-2.0
#include "runner/base/hash.h"

#include <gtest/gtest.h>

#include <fstream>

#include "runner/base/error.h"

namespace xtest {
namespace {

constexpr const char* abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, AgreesWithTheExamplesOfFips180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), abc);
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, TakesItsBytesInPiecesAndBeginsAnewAfterFinish) {
  Sha256 hash;
  hash.update("a");
  hash.update("bc");
  Sha256 moved = std::move(hash);
  EXPECT_EQ(moved.finish(), abc);
  moved.update("abc");
  EXPECT_EQ(moved.finish(), abc);
}

TEST(Sha256File, HashesWhatTheFileHolds) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "xtest_hash_test_file";
  std::ofstream(path) << std::string(1'000'000, 'a');
  EXPECT_EQ(sha256_file(path), sha256_hex(std::string(1'000'000, 'a')));
  std::filesystem::remove(path);
}

TEST(Sha256File, NamesTheFileItCannotRead) {
  try {
    sha256_file("no/such/file");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot read no/such/file: No such file or directory");
    EXPECT_EQ(error.kind(), ErrorKind::infra);
  }
  EXPECT_THROW(sha256_file(testing::TempDir()), Error);
}

}  // namespace
}  // namespace xtest
