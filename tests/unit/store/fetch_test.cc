// SPDX-License-Identifier: Apache-2.0
// Downloads from a real server that answers well, badly, or stops in between.
#include "runner/store/fetch.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "tests/support/http_server.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string noise(std::size_t size) {
  std::string bytes;
  for (unsigned state = 1; bytes.size() < size; state = state * 1103515245 + 12345) bytes += static_cast<char>(state >> 16);
  return bytes;
}

class Fetching : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(server_.why_not(), "");
    for (const char* proxy : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(proxy);   // this machine's own
  }

  Fetch from(const std::string& way) const { return {{server_.url(way)}, home_.path() / "got", digest_, {}}; }
  std::string got() const { return read_file(home_.path() / "got").value_or("nothing"); }
  std::string error_of(const Fetch& wanted) const {
    try {
      fetch(wanted);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::infra);
      return error.what();
    }
    return "no error";
  }
  bool nothing_is_left() const { return !fs::exists(home_.path() / "got.partial") && !fs::exists(home_.path() / "got.partial.json"); }

  const TempFolder home_;
  const std::string content_ = noise(300'000), digest_ = sha256_hex(content_);
  const HttpServer server_{home_.path(), content_};
};

TEST_F(Fetching, GetsAFileAndTellsHowFar) {
  std::uint64_t done = 0, all = 0;
  Fetch wanted = from("range");
  wanted.progress = [&](std::uint64_t now, std::uint64_t of) {
    done = now;
    all = of;
    return true;
  };
  fetch(wanted);
  EXPECT_EQ(got(), content_);
  EXPECT_EQ(done, content_.size());
  EXPECT_EQ(all, content_.size());
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(Fetching, GoesOnWhereAServerCutTheConnection) {
  fetch(from("cut"));
  EXPECT_EQ(got(), content_);
  EXPECT_EQ(server_.log(), "GET /cut/file - 200\nGET /cut/file bytes=100000- 206\nGET /cut/file bytes=200000- 206\n");
}

TEST_F(Fetching, GoesOnInALaterProcess) {
  Fetch wanted = from("cut");
  wanted.progress = [](std::uint64_t done, std::uint64_t) { return done < 100'000; };
  EXPECT_THAT(error_of(wanted), HasSubstr("given up"));
  ASSERT_EQ(fs::file_size(home_.path() / "got.partial"), 100'000u);
  wanted.progress = {};
  fetch(wanted);
  EXPECT_EQ(got(), content_);
  EXPECT_THAT(server_.log(), HasSubstr("bytes=100000- 206"));
}

TEST_F(Fetching, BeginsAnewWhenTheServerDoesNotKnowRanges) {
  fetch(from("once"));
  EXPECT_EQ(got(), content_);
  EXPECT_EQ(server_.log(), "GET /once/file - 200\nGET /once/file bytes=100000- 200\n");
}

TEST_F(Fetching, NeverJoinsPartsOfTwoFiles) {
  EXPECT_THAT(error_of(from("other")), HasSubstr("the connection was cut after 97.7 KiB of 293.0 KiB"));
  EXPECT_FALSE(fs::exists(home_.path() / "got"));
}

TEST_F(Fetching, AFileWithAnotherSha256IsThrownAway) {
  Fetch wanted = from("plain");
  wanted.checksum = std::string(64, '0');
  EXPECT_THAT(error_of(wanted), AllOf(HasSubstr("is not the file that was expected"), HasSubstr(digest_)));
  EXPECT_FALSE(fs::exists(home_.path() / "got"));
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(Fetching, DamageInWhatWasThereIsNoticed) {
  Fetch wanted = from("cut");
  wanted.progress = [](std::uint64_t done, std::uint64_t) { return done < 100'000; };
  error_of(wanted);
  write_file(home_.path() / "got.partial", std::string(100'000, 'x'));
  wanted.progress = {};
  EXPECT_THAT(error_of(wanted), HasSubstr("is not the file that was expected"));
  fetch(wanted);
  EXPECT_EQ(got(), content_);
}

TEST_F(Fetching, FollowsRedirectsButNotToAnotherProtocol) {
  fetch(from("redirect"));
  EXPECT_EQ(got(), content_);
  Fetch wanted = from("range");
  wanted.urls = {"file://" + (home_.path() / "served").string()};
  EXPECT_THAT(error_of(wanted), HasSubstr("cannot download file://"));
}

TEST_F(Fetching, AsksTheNextUrlAndNamesEachTrouble) {
  Fetch wanted = from("missing");
  wanted.urls.push_back(server_.url("broken"));
  EXPECT_THAT(error_of(wanted), AllOf(HasSubstr("the server does not have it (status 404)"), HasSubstr("/broken/file: the server answered with status 503")));
  wanted.urls.push_back(server_.url("range"));
  fetch(wanted);
  EXPECT_EQ(got(), content_);
}

TEST_F(Fetching, AServerThatIsNotThereIsNamed) {
  Fetch wanted = from("range");
  wanted.urls = {"http://127.0.0.1:1/file"};
  EXPECT_THAT(error_of(wanted), AllOf(HasSubstr("cannot download http://127.0.0.1:1/file"), HasSubstr("connect")));
}

TEST_F(Fetching, UsesTheProxyOfTheEnvironment) {
  ::setenv("http_proxy", server_.address().c_str(), 1);
  Fetch wanted = from("range");
  wanted.urls = {"http://release.example/range/file"};
  fetch(wanted);
  ::unsetenv("http_proxy");
  EXPECT_EQ(got(), content_);
  EXPECT_EQ(server_.log(), "PROXY http://release.example/range/file - 200\n");
}

}  // namespace
}  // namespace xtest
