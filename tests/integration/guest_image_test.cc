// SPDX-License-Identifier: Apache-2.0
// Images of our recipes, made and booted: who is let in, what is found inside.
#include <gmock/gmock.h>

#include "emulators/vm/provide_image.h"
#include "tests/support/booted_guest.h"
#include "tests/support/playground.h"
#include "tests/support/run_task.h"

namespace xtest {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

struct GuestImage : testing::Test {
  const Playground here;
  asio::io_context io;

  void SetUp() override {
    if (native_target() != "x86_64-unknown-linux-gnu") GTEST_SKIP() << "the guest of these tests is x86_64";
    if (!is_there("qemu-system-x86_64")) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
  }
  // What the command says in a guest of its own.
  std::string said(const ImageRecipe& recipe, const std::string& command) {
    const MadeImage image = run_task(io, provide_image(recipe, {shared_cache(), XTEST_AGENT}));
    return said_in_guest(io, here.folder(), recipe, image, command);
  }
};

TEST_F(GuestImage, OpenSshLetsUsInAndTheKernelsWordChoosesTheShell) {
  ImageRecipe recipe = find_recipe(load_images(image_folders(XTEST_SOURCE_DIR)), "linux-x86_64-openssh");
  recipe.machine.append = {"guest.sh=/bin/tcsh"};
  const std::string told = said(recipe, "echo $version; ps | grep '[s]shd'; cat /etc/shells");
  EXPECT_THAT(told, testing::MatchesRegex("tcsh 6(.|\n)*/usr/sbin/sshd(.|\n)*/bin/ksh93(.|\n)*"));
}

}  // namespace
}  // namespace xtest
