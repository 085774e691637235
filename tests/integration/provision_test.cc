// SPDX-License-Identifier: Apache-2.0
// Each way to provision, on guests that let nobody in without it: Linux with the first process of our images and a few lines
// that do what the rc scripts and installers of other systems do.
#include <gmock/gmock.h>

#include "emulators/ssh/key.h"
#include "emulators/vm/provide_image.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/text.h"
#include "tests/support/booted_guest.h"
#include "tests/support/playground.h"
#include "tests/support/run_task.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kPackages = "busybox-static, dropbear-bin, libc6, libcrypt1, libtomcrypt1, libtommath1, libgmp10, zlib1g";
constexpr const char* kGuest = R"(  modules: [virtio_pci, virtio_net, virtio_rng, virtio_blk, virtio_scsi, sr_mod, isofs, ext4]
  programs: [usr/sbin/dropbear]
  libraries: [usr/lib/x86_64-linux-gnu, lib/x86_64-linux-gnu]
  loader: /lib64/ld-linux-x86-64.so.2
  init: guest-init
reach: {user: root, server: dropbear}
panic: ["Kernel panic - not syncing", "the guest gives up"]
)";

constexpr const char* kMachine = "machine: {program: qemu-system-x86_64, args: [-M, q35, -cpu, qemu64], memory: 256, console: ttyS0";

struct Provisioning : testing::Test {
  const Playground here;
  asio::io_context io;

  void SetUp() override {
    if (native_target() != "x86_64-unknown-linux-gnu") GTEST_SKIP() << "the guest of these tests is x86_64";
    for (const char* program : {"qemu-system-x86_64", "qemu-img", "mkfs.ext4"}) {
      if (!is_there(program)) GTEST_SKIP() << program << " is not installed";
    }
  }

  // The recipe of a guest whose first process does `at_boot` before it starts the SSH server.
  ImageRecipe guest(const std::string& at_boot, const std::string& provision, const std::string& more_machine = "") const {
    std::string init = read_text(XTEST_SOURCE_DIR "/emulators/vm/images/linux-init");
    init.insert(init.find("for word in"), at_boot);
    here.write("recipes/guest-init", init);
    here.write("recipes/guest.yaml", debian_recipe("guest", kPackages) + kGuest + (kMachine + more_machine) + "}\nprovision:\n" + provision);
    return load_images({here.folder() / "recipes"}).at(0);
  }
  MadeImage made(const ImageRecipe& recipe) {
    return run_task(io, provide_image(recipe, {shared_cache(), XTEST_AGENT}, [this](std::string_view line) { told += std::string(line) + "\n"; }));
  }
  std::string said(const ImageRecipe& recipe, const std::string& command) {
    image = made(recipe);
    return said_in_guest(io, here.folder(), recipe, image, command);
  }

  MadeImage image;
  std::string told;
};

// What DragonFly's rc.d/pfi does with a CD that has a pfi.conf.
TEST_F(Provisioning, ASeedCdsScriptIsRunAsDragonFlysRcDoes) {
  const ImageRecipe recipe = guest(
      "mount -t iso9660 -o ro /dev/sr0 /mnt\n. /mnt/pfi.conf\ncd /mnt && ./$pfi_script\ncd /\n",
      "  kind: seed-iso\n"
      "  label: XTEST\n"
      "  files:\n"
      "    pfi.conf: |\n      pfi_script=let_xtest_in.sh\n"
      "    let_xtest_in.sh: |\n      #!/bin/sh\n      mkdir -p ../root/.ssh && echo '@USER_KEY@' >../root/.ssh/authorized_keys\n"
      "    deep/folder/A file with a long name: told\n",
      ", devices: [virtio-scsi-pci], cd: scsi-cd");
  EXPECT_EQ(said(recipe, "cat '/mnt/deep/folder/A file with a long name'"), "told");
}

// What cloud-init (NoCloud) and FreeBSD's nuageinit look for: a CD called cidata, in letters of any case, with meta-data and
// user-data. The name stands at byte 40 of the volume descriptor (ECMA-119, 8.4).
TEST_F(Provisioning, ACloudInitSeedIsFoundByItsLabelAndHasBothKeys) {
  const ImageRecipe recipe = guest(
      "[ \"$(head -c 32814 /dev/vda | tail -c 6)\" = CIDATA ] && mount -t iso9660 -o ro /dev/vda /mnt\nmkdir -p root/.ssh\n"
      "sed -n 's/^ *- \\(ssh-ed25519 .*\\)/\\1/p' /mnt/user-data >root/.ssh/authorized_keys\n",
      "  kind: seed-iso\n"
      "  label: cidata\n"
      "  files:\n"
      "    meta-data: |\n      instance-id: xtest\n"
      "    user-data: |\n      #cloud-config\n      ssh_authorized_keys:\n        - @USER_KEY@\n      ssh_keys:\n        ed25519_private: |\n          @HOST_KEY@\n",
      ", cd: virtio-blk-pci");
  const std::string seen = said(recipe, "cat /mnt/meta-data /mnt/user-data");
  EXPECT_THAT(seen, HasSubstr("instance-id: xtest\n#cloud-config"));
  EXPECT_THAT(seen, HasSubstr("  ed25519_private: |\n    -----BEGIN OPENSSH PRIVATE KEY-----\n"));
  EXPECT_THAT(seen, HasSubstr("\n    -----END OPENSSH PRIVATE KEY-----"));
}

constexpr const char* kAsks = R"(tar xf /dev/vda -C / 2>/dev/null
if [ ! -s root/.ssh/authorized_keys ]; then
  printf '\033[1mWelcome\033[0m to the installer\n\n[I]nstall or [s]hell? '
  read answer
  [ "$answer" = i ] || { echo 'the guest gives up'; sleep 600; }
  printf 'public key: '
  read key
  mkdir -p root/.ssh && echo "$key" >root/.ssh/authorized_keys
  tar cf /dev/vda -C / root/.ssh
  sync
  echo 'installed'
  poweroff -f
fi
)";

TEST_F(Provisioning, AnInstallerIsAnsweredOnTheSerialLineAndItsDiskBoots) {
  const ImageRecipe recipe = guest(kAsks,
                                   "  kind: serial-expect\n  installation: {disk: 16M, limit: 5m}\n  dialogue:\n"
                                   "    - {expect: Welcome to the installer, limit: 5m}\n"
                                   "    - {expect: \"[s]hell?\", send: \"i\\n\"}\n"
                                   "    - {expect: \"public key:\", send: \"@USER_KEY@\\n\"}\n"
                                   "    - {expect: installed}\n");
  const std::string let_in = said(recipe, "cat .ssh/authorized_keys");
  EXPECT_EQ(let_in, image.public_user_key());
  EXPECT_THAT(told, AllOf(HasSubstr("installing guest, at most 5m"), HasSubstr("it said \"public key:\"")));
}

TEST_F(Provisioning, AnInstallerThatAsksSomethingElseIsShownAndLeavesNoImage) {
  const ImageRecipe recipe = guest(kAsks,
                                   "  kind: serial-expect\n  installation: {disk: 16M}\n  dialogue:\n"
                                   "    - {expect: \"[s]hell?\", send: \"x\\n\", limit: 5m}\n    - {expect: never}\n");
  try {
    made(recipe);
    FAIL() << "it was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::infra);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("the installation of guest failed"), HasSubstr("the guest's kernel died (the guest gives up)"),
                                    HasSubstr("| [I]nstall or [s]hell?")));
    EXPECT_THAT(error.remedy(), HasSubstr("console"));
  }
  EXPECT_FALSE(fs::exists(*image_folder(recipe, shared_cache())));
}

TEST_F(Provisioning, APreparedDiskIsMountedAndNeverWrittenTo) {
  fs::create_directories(here.folder() / "recipes");
  const std::string key = make_key_pair(here.folder() / "recipes/id");
  here.write("content/authorized_keys", key + "\n");
  Call call = here.call({});
  call.argv = {"sh", "-c", "truncate -s 8M recipes/disk.img && mkfs.ext4 -q -d content recipes/disk.img"};
  const Ran ran = run_program(call);
  ASSERT_EQ(ran.code, 0) << describe(ran);
  const ImageRecipe recipe = guest("mount -t ext4 /dev/vda /mnt\nmkdir -p root/.ssh\ncp /mnt/authorized_keys root/.ssh/\n",
                                   "  kind: disk\n  disk: disk.img\n  format: raw\n  user_key: id\n");
  EXPECT_EQ(said(recipe, "echo mine >/mnt/mine && sync && cat /mnt/mine"), "mine");
  EXPECT_EQ(said(recipe, "ls /mnt"), "authorized_keys\nlost+found") << "a guest saw what another one wrote";
  EXPECT_TRUE(damage_of(image.folder).empty());
}

}  // namespace
}  // namespace xtest
