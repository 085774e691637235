// SPDX-License-Identifier: Apache-2.0
// `xtest image` with the real binary: images are made of Debian's packages, damaged, removed.
#include <gmock/gmock.h>
#include <sys/file.h>

#include <fcntl.h>

#include <fstream>

#include "emulators/vm/vm.h"
#include "runner/base/fd.h"
#include "runner/base/hash.h"
#include "tests/support/booted_guest.h"
#include "tests/support/http_server.h"
#include "tests/support/playground.h"
#include "tests/support/run_task.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kUsage = 2, kInfra = 102;

// As small as a guest can be; it is made, and never booted.
const std::string kMine = debian_recipe("mine", "busybox-static") + R"(  loader: /bin/busybox
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
  // Has the recipe's medium, and cuts the first download of it. In a cache of the test's own.
  std::unique_ptr<HttpServer> serve_medium() {
    cache = here.folder() / "cache";
    fs::create_directories(here.folder() / "server");
    auto server = std::make_unique<HttpServer>(here.folder() / "server", std::string(300'000, 'm'));
    std::string recipe = kMedium;
    recipe.replace(recipe.find("http://localhost:1/medium"), 25, server->address() + "/cut/medium");
    here.write("recipes/medium.yaml", recipe);
    return server;
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
  EXPECT_THAT(ran.out, AllOf(HasSubstr("a guest of a test"), HasSubstr("nobody has booted it"), HasSubstr("root@, port 22, openssh, shell /bin/sh")));
}

TEST_F(ImageCommand, ShowListsTheKnownLiesOfGuestsAndOfThisImage) {
  const std::string rest = ", versions: \">=1.0\", test: \"*\", what: it is wrong, evidence: e, expires: 2999-01-01}\n";
  here.write("lies.yaml", "lies:\n- {id: of-mine, executor: \"vm:mine\"" + rest + "- {id: of-guests, executor: vm" + rest +
                              "- {id: of-another, executor: \"vm:linux-x86_64\"" + rest);
  const Ran ran = image({"show", "mine", "--known-lies", "lies.yaml"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("known lie   vm:mine: of-mine: it is wrong (until 2999-01-01)"), HasSubstr("vm: of-guests"),
                             testing::Not(HasSubstr("of-another"))));
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
  here.write("recipes/mine.yaml", kMine + "provision: {kind: sead-iso}\n");
  const Ran wrong = image({"list"});
  EXPECT_EQ(wrong.code, kUsage);
  EXPECT_THAT(wrong.err, HasSubstr("mine.yaml:15:19: 'sead-iso' is not among none, seed-iso, serial-expect, disk"));
  here.write("recipes/mine.yaml", kMine);
  here.write("recipes/linux-x86_64.yaml", std::string(kMine).replace(kMine.find("name: mine"), 10, "name: linux-x86_64"));
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
  const auto server = serve_medium();
  ASSERT_EQ(server->why_not(), "");

  const Ran unknown = image({"fetch", "medium"});
  EXPECT_EQ(unknown.code, kUsage);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("nothing is downloaded unchecked"), HasSubstr("--checksum-file FILE")));
  EXPECT_EQ(image({"fetch", "mine"}).code, kUsage);
  here.write("SUMS", "SHA256 (another) = " + std::string(64, '0') + "\n");
  EXPECT_THAT(image({"fetch", "medium", "--checksum-file", "SUMS"}).err, HasSubstr("SUMS has no sha256 or md5 of medium.iso.bz2"));
  EXPECT_EQ(server->log(), "");

  const Ran wrong = image({"fetch", "medium", "--sha256", std::string(64, '0')});
  EXPECT_EQ(wrong.code, kInfra);
  EXPECT_THAT(wrong.err, HasSubstr("is not the file that was expected"));
  here.write("SUMS", "SHA256 (medium.iso.bz2) = " + sha256_file(here.folder() / "server/served") + "\n");
  const Ran good = image({"fetch", "medium", "--checksum-file", "SUMS"});
  EXPECT_EQ(good.code, 0) << describe(good);
  EXPECT_THAT(image({"show", "medium"}).out, AllOf(HasSubstr("known from SUMS"), HasSubstr("state       fetched")));
  const std::string asked = server->log();
  EXPECT_THAT(asked, HasSubstr("bytes=200000- 206"));
  EXPECT_EQ(image({"fetch", "medium", "--checksum-file", "SUMS"}).code, 0);
  EXPECT_EQ(server->log(), asked) << "it was here already";
}

// As DragonFly's project does; the file is known by its sha256 from then on.
TEST_F(ImageCommand, FetchTakesAnMd5FromAChecksumFileThatHasNothingBetter) {
  const auto server = serve_medium();
  ASSERT_EQ(server->why_not(), "");
  const std::string other = "MD5 (medium.img.bz2) = " + std::string(32, '0') + "\n";
  here.write("md5.txt", other + "MD5 (medium.iso.bz2) = " + std::string(32, 'f') + "\n");
  const Ran wrong = image({"fetch", "medium", "--checksum-file", "md5.txt"});
  EXPECT_EQ(wrong.code, kInfra);
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("is not the file that was expected: its md5 is"), HasSubstr("expected is ffff")));
  Call sum = here.call({});
  sum.argv = {"md5sum", "server/served"};
  const std::string md5 = run_program(sum).out.substr(0, 32);
  here.write("md5.txt", other + "MD5 (medium.iso.bz2) = " + md5 + "\n");
  const Ran good = image({"fetch", "medium", "--checksum-file", "md5.txt"});
  EXPECT_EQ(good.code, 0) << describe(good);
  const std::string sha256 = sha256_file(here.folder() / "server/served");
  EXPECT_THAT(image({"show", "medium"}).out, AllOf(HasSubstr("sha256 " + sha256 + ", known from md5.txt, by md5"), HasSubstr("state       fetched")));
  EXPECT_TRUE(fs::exists(cache / "media" / sha256 / "medium.iso.bz2"));
  EXPECT_FALSE(fs::exists(cache / "media" / md5));
  const std::string asked = server->log();
  EXPECT_EQ(image({"fetch", "medium", "--checksum-file", "md5.txt"}).code, 0);
  EXPECT_EQ(server->log(), asked) << "it was here already";
  EXPECT_THAT(image({"fetch", "medium", "--sha256", md5}).err, HasSubstr("is no sha256"));
}

TEST_F(ImageCommand, AnotherMediumIsAnotherImageAndAnotherGuest) {
  cache = here.folder() / "cache";
  std::string recipe = kMedium;
  recipe.replace(recipe.find("bz2\"]"), 3, "raw").replace(recipe.find("compression: bz2, format: iso"), 29, "format: raw");
  for (const char* place : {"recipes/medium.yaml", "data/emulators/vm/images/medium.yaml"}) here.write(place, recipe);
  const auto identity = [&] {
    const ExecutorContext context{XTEST_AGENT, here.folder() / "data", here.folder() / "scratch", cache, here.folder() / "consoles"};
    asio::io_context io;
    const auto vm = make_vm_executor(Target{}, ExecutorSpec{"vm", {{"image", "medium"}}}, context);
    const Availability availability = run_task(io, vm->available());
    return availability.usable ? vm->identity() : availability.why;
  };
  EXPECT_THAT(identity(), HasSubstr("medium.iso.raw is not here"));
  const auto with = [&](const std::string& content) {
    here.write("download", content);
    EXPECT_EQ(image({"add", "medium", "download"}).code, 0);
    const Ran ran = image({"make", "medium"});
    EXPECT_EQ(ran.code, 0) << describe(ran);
    return ran.out;
  };
  const std::string one = with("one disk"), guest = identity(), other = with("another disk");
  EXPECT_NE(one, other) << "they share snapshots";
  EXPECT_NE(guest, identity());
  EXPECT_EQ(with("one disk"), one);
}

}  // namespace
}  // namespace xtest
