// SPDX-License-Identifier: Apache-2.0
// Images of our recipes, made and booted: who is let in, what is found inside.
#include <gmock/gmock.h>

#include "emulators/vm/snapshot.h"
#include "emulators/vm/provide_image.h"
#include "runner/base/text.h"
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
  std::string said(ImageRecipe recipe, std::string command) {
    const auto boot = [&]() -> Task<std::string> {
      ImagePlace place{shared_cache(), XTEST_AGENT};
      MadeImage image = co_await provide_image(recipe, std::move(place));
      MachineOptions options{recipe, std::move(image), here.folder() / "machine", here.folder() / "console", XTEST_AGENT, "tcg", {}, {}, false};
      Snapshot place_of_its_own{here.folder()};
      options = co_await first_boot(std::move(place_of_its_own), std::move(options));
      const auto machine = co_await Machine::start(std::move(options));
      const auto connection = co_await machine->connect(std::chrono::minutes(5));
      const Completion completion = co_await connection->run(command);
      EXPECT_TRUE(exited_with(completion, 0)) << describe(completion.how) << completion.err.text << machine->last_lines();
      co_return std::string(trim(completion.out.text));
    };
    return run_task(io, boot());
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
