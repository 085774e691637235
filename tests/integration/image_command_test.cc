// SPDX-License-Identifier: Apache-2.0
// `xtest image` with the real binary: images are made of Debian's packages, damaged, removed.
#include <gmock/gmock.h>
#include <sys/file.h>

#include <fcntl.h>

#include <fstream>

#include "runner/base/fd.h"
#include "runner/base/hash.h"
#include "tests/support/http_server.h"
#include "tests/support/playground.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kUsage = 2, kInfra = 102;

// As small as a guest can be; it is made, and never booted.
constexpr const char* kMine = R"(# SPDX-License-Identifier: Apache-2.0
name: mine
title: a guest of my own
arch: x86_64
targets: [x86_64-unknown-linux-gnu]
tried: no
debian:
  suite: bookworm
  architecture: amd64
  kernel: linux-image-cloud-amd64
  packages: [busybox-static]
  loader: /bin/busybox
machine: {program: qemu-system-x86_64, args: [-M, q35], memory: 128, console: ttyS0}
reach: {user: root, server: openssh}
panic: ["Kernel panic"]
)";

constexpr const char* kMedium = R"(name: medium
title: a system on a medium
arch: x86_64
targets: [x86_64-unknown-dragonfly]
tried: no
media: {version: "1", urls: ["http://localhost:1/medium.iso.bz2"], sha256: unknown, compression: bz2, format: iso}
machine: {program: qemu-system-x86_64, memory: 128}
reach: {user: root, server: openssh}
)";

// The image is made once for all of them; recipes are equal, and so is its folder.
struct ImageCommand : testing::Test {
  const Playground here;
  fs::path cache = shared_cache() / "image command";

  void SetUp() override { here.write("recipes/mine.yaml", kMine); }

  Ran image(Playground::Words words) const {
    words.insert(words.begin(), "image");
    words.insert(words.end(), {"--images", "recipes"});
    Call call = here.call(words);
    call.env["XTEST_CACHE_DIR"] = cache;
    return run_program(call);
  }
  // The folder that `make` printed.
  fs::path made() const {
    const Ran ran = image({"make", "mine"});
    EXPECT_EQ(ran.code, 0) << describe(ran);
    return ran.out.substr(0, ran.out.find('\n'));
  }
};

TEST_F(ImageCommand, ListsXtestsOwnAndTheUsersAndSaysWhichNobodyTried) {
  const Ran ran = image({"list"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_THAT(ran.out, AllOf(testing::ContainsRegex("linux-x86_64 +x86_64 +yes +not made"), testing::ContainsRegex("mine +x86_64 +no +not made")));
}

TEST_F(ImageCommand, FindsRecipesInTheUsersConfiguration) {
  here.write("config/xtest/images/mine.yaml", kMine);
  Call call = here.call({"image", "show", "mine"});
  call.env["XDG_CONFIG_HOME"] = here.folder() / "config";
  const Ran ran = run_program(call);
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("a guest of my own"), HasSubstr("nobody has booted it"), HasSubstr("root@, port 22, openssh, shell /bin/sh")));
}

TEST_F(ImageCommand, EverySubcommandShowsAnExample) {
  for (const char* command : {"list", "show", "make", "fetch", "add", "verify", "rm", "prune"}) {
    const Ran ran = image({command, "--help"});
    EXPECT_EQ(ran.code, 0) << describe(ran);
    EXPECT_THAT(ran.out, HasSubstr(std::string("xtest image ") + command));
  }
}

TEST_F(ImageCommand, AWrongNameOrRecipeIsNamedWithItsPlace) {
  const Ran unknown = image({"make", "mien"});
  EXPECT_EQ(unknown.code, kUsage);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("there is no image 'mien'"), HasSubstr("did you mean mine?")));
  for (const char* outside : {"..", ".", "", "../images/mine", "/"}) EXPECT_EQ(image({"rm", outside}).code, kUsage) << outside;
  here.write("recipes/mine.yaml", std::string(kMine) + "provision: {kind: sead-iso}\n");
  const Ran wrong = image({"list"});
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_THAT(wrong.err, HasSubstr("mine.yaml:16:19: 'sead-iso' is not among none, seed-iso, serial-expect, disk"));
  here.write("recipes/mine.yaml", std::string(kMine));
  here.write("recipes/linux-x86_64.yaml", std::string(kMine).replace(std::string(kMine).find("name: mine"), 10, "name: linux-x86_64"));
  EXPECT_THAT(image({"list"}).err, HasSubstr("there is an image linux-x86_64 already"));
}

TEST_F(ImageCommand, AnImageIsMadeOnceAndDamageIsNamedAndMended) {
  const fs::path folder = made();
  EXPECT_THAT(image({"list"}).out, testing::ContainsRegex("mine +x86_64 +no +made"));
  EXPECT_THAT(read_text(folder / "manifest.json"), AllOf(HasSubstr("busybox-static"), HasSubstr("initrd")));
  const std::string first_key = read_text(folder / "user.pub");
  EXPECT_EQ(made(), folder);
  EXPECT_EQ(read_text(folder / "user.pub"), first_key) << "a good image was made again";
  EXPECT_THAT(image({"verify", "mine"}).out, HasSubstr("ok      mine"));

  std::fstream(folder / "kernel", std::ios::in | std::ios::out | std::ios::binary).seekp(1000).write("damage", 6);
  const Ran damaged = image({"verify"});
  EXPECT_EQ(damaged.code, kInfra);
  EXPECT_THAT(damaged.out, AllOf(HasSubstr("DAMAGE  mine"), HasSubstr("kernel: its sha256 is"), HasSubstr("linux-x86_64: not made")));
  const Ran again = image({"make", "mine"});
  EXPECT_EQ(again.code, 0) << describe(again);
  EXPECT_THAT(again.err, HasSubstr("mine is damaged: kernel: its sha256 is"));
  EXPECT_EQ(image({"verify", "mine"}).code, 0);
}

TEST_F(ImageCommand, AnImageInUseIsNotRemoved) {
  const fs::path folder = made();
  const UniqueFd user(::open((folder.string() + ".use").c_str(), O_RDWR));
  ASSERT_EQ(::flock(user.get(), LOCK_SH), 0);
  const Ran refused = image({"rm", "mine"});
  EXPECT_EQ(refused.code, kUsage);
  EXPECT_THAT(refused.err, HasSubstr("image mine is in use by another xtest"));
  EXPECT_TRUE(fs::exists(folder));
}

TEST_F(ImageCommand, PruneKeepsWhatARecipeNamesAndRemovesTheRest) {
  const fs::path wanted = made();
  const fs::path older = cache / "images/mine/0123456789abcdef", gone = cache / "images/gone/0123456789abcdef";
  for (const fs::path& folder : {older, gone}) fs::create_directories(folder);
  EXPECT_EQ(image({"prune"}).code, 0);
  EXPECT_TRUE(fs::exists(wanted));
  EXPECT_FALSE(fs::exists(older));
  EXPECT_FALSE(fs::exists(gone.parent_path()));
}

TEST_F(ImageCommand, TwoAtOnceMakeOneImageAndItCanBeRemoved) {
  cache = here.folder() / "cache";
  Call call = here.call({"image", "make", "mine", "--images", "recipes"});
  call.env["XTEST_CACHE_DIR"] = cache;
  Running one(call), other(call);
  const Ran first = one.wait(), second = other.wait();
  EXPECT_EQ(first.code, 0) << describe(first);
  EXPECT_EQ(second.code, 0) << describe(second);
  EXPECT_EQ(first.out, second.out);
  const std::string both = first.err + second.err;
  EXPECT_EQ(both.find("making mine"), both.rfind("making mine")) << both;
  const Ran removed = image({"rm", "mine"});
  EXPECT_EQ(removed.code, 0) << describe(removed);
  EXPECT_THAT(removed.out, HasSubstr("MiB freed"));
  EXPECT_FALSE(fs::exists(cache / "images/mine"));
}

TEST_F(ImageCommand, AMediumOfTheUsersOwnIsTakenAndAWrongOneRefused) {
  here.write("recipes/medium.yaml", kMedium);
  EXPECT_EQ(image({"add", "mine", "recipes/mine.yaml"}).code, kUsage);
  const Ran absent = image({"make", "medium"});
  EXPECT_EQ(absent.code, kUsage);
  EXPECT_THAT(absent.err, AllOf(HasSubstr("medium.iso.bz2 is not here"), HasSubstr("xtest image add medium FILE")));

  here.write("download", "hello");
  const Ran wrong = image({"add", "medium", "download", "--sha256", std::string(64, '0')});
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_THAT(wrong.err, HasSubstr("expected is 0000"));
  EXPECT_EQ(image({"add", "medium", "missing"}).code, kUsage);
  EXPECT_THAT(image({"fetch", "medium", "--sha256", "../x"}).err, HasSubstr("'../x' is no sha256"));
  const Ran good = image({"add", "medium", "download", "--sha256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"});
  EXPECT_EQ(good.code, 0) << describe(good);
  EXPECT_THAT(image({"show", "medium"}).out, AllOf(HasSubstr("known from --sha256"), HasSubstr("state       fetched"), HasSubstr("sha256      unknown")));
  EXPECT_EQ(image({"rm", "medium"}).code, 0);
  EXPECT_THAT(image({"list"}).out, testing::ContainsRegex("medium +x86_64 +no +not fetched"));
  EXPECT_FALSE(fs::exists(cache / "media/2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"));
}

TEST_F(ImageCommand, FetchWantsAChecksumGoesOnAfterACutAndChecks) {
  cache = here.folder() / "cache";
  fs::create_directories(here.folder() / "server");
  const HttpServer server(here.folder() / "server", std::string(300'000, 'm'));
  ASSERT_EQ(server.why_not(), "");
  std::string recipe = kMedium;
  recipe.replace(recipe.find("http://localhost:1/medium"), 25, server.address() + "/cut/medium");
  here.write("recipes/medium.yaml", recipe);

  const Ran unknown = image({"fetch", "medium"});
  EXPECT_EQ(unknown.code, kUsage);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("nothing is downloaded unchecked"), HasSubstr("--checksum-file FILE")));
  EXPECT_EQ(image({"fetch", "mine"}).code, kUsage);
  here.write("SUMS", "SHA256 (another) = " + std::string(64, '0') + "\n");
  EXPECT_THAT(image({"fetch", "medium", "--checksum-file", "SUMS"}).err, HasSubstr("SUMS has no sha256 of medium.iso.bz2"));
  EXPECT_EQ(server.log(), "");

  const Ran wrong = image({"fetch", "medium", "--sha256", std::string(64, '0')});
  EXPECT_EQ(wrong.code, kInfra);
  EXPECT_THAT(wrong.err, HasSubstr("is not the file that was expected"));
  here.write("SUMS", "SHA256 (medium.iso.bz2) = " + sha256_file(here.folder() / "server/served") + "\n");
  const Ran good = image({"fetch", "medium", "--checksum-file", "SUMS"});
  EXPECT_EQ(good.code, 0) << describe(good);
  EXPECT_THAT(image({"show", "medium"}).out, AllOf(HasSubstr("known from SUMS"), HasSubstr("state       fetched")));
  const std::string asked = server.log();
  EXPECT_THAT(asked, HasSubstr("bytes=200000- 206"));
  EXPECT_EQ(image({"fetch", "medium", "--checksum-file", "SUMS"}).code, 0);
  EXPECT_EQ(server.log(), asked) << "it was here already";
}

}  // namespace
}  // namespace xtest
