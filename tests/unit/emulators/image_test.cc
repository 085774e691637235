// SPDX-License-Identifier: Apache-2.0
// Recipes of guests, and which modules of a kernel they load.
#include "emulators/vm/image.h"
#include "emulators/vm/kernel_modules.h"
#include "emulators/vm/media.h"
#include "runner/base/files.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Image : public testing::Test {
 protected:
  Image() { fs::create_directories(folder_ / "kernel/drivers"); }

  void module(const std::string& name, const std::string& needs) {
    using namespace std::string_literals;
    write_file(folder_ / "kernel/drivers" / (name + ".ko"), "ELF\0license=GPL\0depends="s + needs + "\0retpoline=Y\0"s);
  }
  std::vector<std::string> loaded(const std::vector<std::string>& names) {
    std::vector<std::string> files;
    for (const fs::path& file : modules_to_load(folder_, names)) files.push_back(file.filename());
    return files;
  }

  const TempFolder home_;
  const fs::path folder_ = home_.path();
};

const fs::path kOurs = fs::path(XTEST_SOURCE_DIR) / "emulators/vm/images";

TEST_F(Image, TheRecipesOfTheTreeAreRead) {
  std::vector<std::string> names;
  for (const ImageRecipe& recipe : load_images({kOurs})) {
    names.push_back(recipe.name);
    EXPECT_FALSE(recipe.targets.empty()) << recipe.name;
    EXPECT_FALSE(recipe.panic.empty()) << recipe.name;
    EXPECT_EQ(recipe.digest.size(), 64u);
  }
  EXPECT_THAT(names, ElementsAre("dragonfly-6.4", "freebsd-14", "linux-aarch64", "linux-riscv64", "linux-x86_64", "linux-x86_64-openssh", "omnios-r151054"));
}

constexpr const char* kHead = "name: mine\ntitle: t\narch: x86_64\ntargets: [x86_64-unknown-freebsd]\ntried: no\n";
constexpr const char* kTail = "machine: {program: qemu-system-x86_64, memory: 512}\nreach: {user: root, server: openssh}\n";

TEST_F(Image, EachThingThatIsWrongInARecipeNamesItsPlace) {
  const auto error_in = [&](const std::string& text) {
    write_file(folder_ / "mine.yaml", text);
    return error_of([&] { load_images({folder_}); });
  };
  const auto in_media = [&](const std::string& media) { return error_in(kHead + ("media: {" + media + "}\n") + kTail); };
  const auto in_provision = [&](const std::string& provision) {
    return error_in(kHead + std::string("media: {version: 1, urls: [http://x/y], sha256: unknown, format: raw}\n") + kTail + "provision: " + provision + "\n");
  };
  EXPECT_THAT(error_in("name: other\n"), HasSubstr("mine.yaml:1:7: the name is not the file's"));
  EXPECT_THAT(error_in("name: mine\nmachin: x\n"), HasSubstr("mine.yaml:2:"));
  EXPECT_THAT(error_in("name: mine\ntitle: t\narch: a\ntargets: [t]\ntried: maybe\n"), HasSubstr("mine.yaml:5:8: 'maybe' is not among yes, no"));
  EXPECT_THAT(in_media("version: 1, urls: [nowhere], sha256: unknown, format: raw"), HasSubstr("mine.yaml:6:28: 'nowhere' is no URL"));
  EXPECT_THAT(in_media("version: 1, urls: [http://x/y], sha256: abc, format: raw"), HasSubstr("a sha256 has 64 digits"));
  EXPECT_THAT(in_media("version: 1, urls: [http://x/y], format: raw, sha256: " + std::string(64, 'a')), HasSubstr("where does this sha256 stand in public?"));
  EXPECT_THAT(in_media("version: 1, urls: [http://x/y], sha256: unknown, format: vmdk"), HasSubstr("'vmdk' is not among iso, raw, qcow2"));
  EXPECT_THAT(in_media("version: 1, urls: [http://x/y], sha256: unknown, format: raw, compression: zip"), HasSubstr("'zip' is not among none, gz, bz2, xz, zst"));
  EXPECT_THAT(in_provision("disk"), HasSubstr("mine.yaml:9:12: more has to be said for disk"));
  EXPECT_THAT(in_provision("{kind: disk, disk: missing.img, format: raw}"), HasSubstr("there is no file"));
  EXPECT_THAT(in_provision("{kind: seed-iso, label: CIDATA, files: {../x: y}}"), HasSubstr("'../x' does not lie below the root"));
  EXPECT_THAT(in_provision("{kind: serial-expect, installation: {}, dialogue: [{send: x}]}"), HasSubstr("mine.yaml:9:"));
  EXPECT_THAT(in_provision("{kind: serial-expect, installation: {disk: big}, dialogue: [{expect: x}]}"), HasSubstr("'big' is no size"));
}

TEST_F(Image, ARecipeOfAMediumIsRead) {
  write_file(folder_ / "mine.yaml", kHead + std::string(R"(
media:
  version: "14.3"
  urls: ["https://a/x.qcow2.xz", "https://b/x.qcow2.xz"]
  sha256: unknown
  compression: xz
  format: qcow2
provision:
  kind: serial-expect
  installation: {disk: 2G, limit: 30m}
  dialogue:
    - {expect: "login:", send: "root\n", limit: 5m}
    - {expect: "# "}
)") + kTail);
  const ImageRecipe recipe = load_images({folder_}).at(0);
  EXPECT_EQ(recipe.media->file_name(), "x.qcow2.xz");
  EXPECT_EQ(recipe.media->compression, Compression::xz);
  EXPECT_EQ(recipe.media->format, MediaFormat::qcow2);
  EXPECT_TRUE(recipe.media->sha256.empty());
  EXPECT_EQ(recipe.provision.dialogue.at(0).send, "root\n");
  EXPECT_EQ(recipe.provision.dialogue.at(0).limit, std::chrono::minutes(5));
  EXPECT_EQ(recipe.provision.installation->disk_bytes, 2ull << 30);
  EXPECT_FALSE(recipe.tried);
}

TEST_F(Image, TheDigestIsThatOfEverythingThatGoesIn) {
  for (const char* file : {"linux-init", "linux-x86_64.yaml"}) fs::copy_file(kOurs / file, folder_ / file);
  const std::string first = load_images({folder_}).at(0).digest;
  EXPECT_EQ(load_images({folder_}).at(0).digest, first);
  write_file(folder_ / "linux-init", *read_file(kOurs / "linux-init") + "\n");
  const std::string with_other_init = load_images({folder_}).at(0).digest;
  EXPECT_NE(with_other_init, first);
  write_file(folder_ / "linux-x86_64.yaml", *read_file(kOurs / "linux-x86_64.yaml") + "# \n");
  EXPECT_NE(load_images({folder_}).at(0).digest, with_other_init);
}

TEST_F(Image, ChecksumFilesOfAllUsualFormsAreRead) {
  const std::string digest(64, 'a'), other(64, 'b');
  EXPECT_EQ(checksum_in(other + "  y.iso\n" + digest + "  x.iso\n", "x.iso"), digest);
  EXPECT_EQ(checksum_in(digest + " *x.iso\r\n", "x.iso"), digest);
  EXPECT_EQ(checksum_in("SHA256 (y.iso) = " + other + "\nSHA256 (x.iso) = " + digest + "\n", "x.iso"), digest);
  EXPECT_EQ(checksum_in(std::string(64, 'A') + "\n", "x.iso"), digest);
  const std::string md5 = "MD5 (y.iso) = " + std::string(32, 'b') + "\nMD5 (x.iso) = " + std::string(32, 'a') + "\n";
  EXPECT_EQ(checksum_in(md5, "x.iso"), std::string(32, 'a'));
  EXPECT_EQ(checksum_in(std::string(32, 'A') + "  x.iso\n", "x.iso"), std::string(32, 'a'));
  EXPECT_EQ(checksum_in(md5 + "SHA256 (x.iso) = " + digest + "\n", "x.iso"), digest) << "the better one counts";
  EXPECT_EQ(checksum_in(digest + "  y.iso\n", "x.iso"), std::nullopt);
}

TEST_F(Image, ModulesComeAfterWhatTheyNeed) {
  module("virtio-net", "net_failover,virtio");
  module("net_failover", "failover");
  module("failover", "");
  module("virtio", "");
  EXPECT_THAT(loaded({"virtio_net", "virtio"}), ElementsAre("failover.ko", "net_failover.ko", "virtio.ko", "virtio-net.ko"));
}

TEST_F(Image, ABuiltInModuleNeedsNoFile) {
  module("virtio-net", "virtio");
  write_file(folder_ / "modules.builtin", "kernel/drivers/virtio/virtio.ko\n");
  EXPECT_THAT(loaded({"virtio_net"}), ElementsAre("virtio-net.ko"));
}

TEST_F(Image, AModuleThatTheKernelDoesNotHaveIsNamed) {
  EXPECT_THAT(error_of([&] { loaded({"pvpanic_pci"}); }), HasSubstr("no module pvpanic_pci"));
}

}  // namespace
}  // namespace xtest
