// SPDX-License-Identifier: Apache-2.0
// Recipes of guests, and which modules of a kernel they load.
#include "emulators/vm/image.h"
#include "emulators/vm/kernel_modules.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
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
  template <class Act>
  std::string error_of(Act act) {
    try {
      act();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  const TempFolder home_;
  const fs::path folder_ = home_.path();
};

TEST_F(Image, TheRecipesOfTheTreeAreRead) {
  std::vector<std::string> names;
  for (const ImageRecipe& recipe : load_images(fs::path(XTEST_SOURCE_DIR) / "emulators/vm/images")) {
    names.push_back(recipe.name);
    EXPECT_FALSE(recipe.targets.empty()) << recipe.name;
    EXPECT_FALSE(recipe.panic.empty()) << recipe.name;
    EXPECT_EQ(recipe.digest.size(), 64u);
  }
  EXPECT_THAT(names, ElementsAre("linux-aarch64", "linux-riscv64", "linux-x86_64"));
}

TEST_F(Image, ARecipeThatIsWrongNamesItsPlace) {
  write_file(folder_ / "mine.yaml", "name: other\n");
  EXPECT_THAT(error_of([&] { load_images(folder_); }), HasSubstr("mine.yaml:1:7: the name is not the file's"));
  write_file(folder_ / "mine.yaml", "name: mine\nmachin: x\n");
  EXPECT_THAT(error_of([&] { load_images(folder_); }), HasSubstr("mine.yaml:2:"));
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
