// SPDX-License-Identifier: Apache-2.0
// The executor `serial` by the real binary: a real qemu guest whose second serial port has a shell.
#include "emulators/vm/provide_image.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "tests/support/endings.h"
#include "tests/support/run_task.h"
#include "tests/support/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace xtest {
namespace {

using testing::HasSubstr;

struct SerialGuest : testing::Test {
  const Playground here;
  asio::io_context io;
  std::optional<Child> machine;

  void SetUp() override {
    if (native_target() != "x86_64-unknown-linux-gnu") GTEST_SKIP() << "the guest of these tests is x86_64";
    if (!is_there("qemu-system-x86_64")) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
  }

  std::string line() const { return here.folder().string() + "/line"; }
  std::string console() const { return read_file(here.folder() / "console").value_or(""); }

  // Booted by hand: no network, a console of its own.
  void boot() {
    const ImageRecipe recipe = find_recipe(load_images(image_folders(XTEST_SOURCE_DIR)), "linux-x86_64");
    const MadeImage image = run_task(io, provide_image(recipe, {shared_cache(), XTEST_AGENT}));
    ProcessSpec spec;
    spec.argv = {"qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-m", "256", "-nodefaults", "-display", "none", "-no-reboot",
                 "-kernel", image.kernel(), "-initrd", image.initrd(), "-append", "console=ttyS0 quiet panic=-1 guest.serial=ttyS1",
                 "-serial", "file:" + (here.folder() / "console").string(), "-serial", "unix:" + line() + ",server=on,wait=off"};
    spec.env = clean_environment();
    auto child = Child::spawn(io.get_executor(), spec);
    ASSERT_TRUE(child) << child.error();
    machine.emplace(std::move(*child));
    ASSERT_TRUE(eventually([&] { return console().find("guest: ready") != std::string::npos; }, std::chrono::seconds(120))) << console();
  }
};

TEST_F(SerialGuest, TellsHowAProgramEnded) {
  boot();
  write_endings(here);
  const Ran ran = here.xtest(here.run_words("ends", {"--on", "serial:unix:" + line()}));
  EXPECT_EQ(ran.code, 100) << describe(ran) << console();
  expect_endings(here.verdicts());
  EXPECT_THAT(ran.err, HasSubstr("(serial:"));
}

TEST_F(SerialGuest, ThatDiesIsTroubleAndNoVerdict) {
  boot();
  here.suite("victim", {{"sleeps.c", "#include <unistd.h>\nint main(void) { sleep(600); return 0; }\n"}}, "limit: 600s\n");
  Running running(here.call(here.run_words("victim", {"--on", "serial:unix:" + line()})));
  ASSERT_TRUE(eventually([&] {
    if (here.records().empty()) return false;
    return std::ranges::any_of(here.events(here.records().back()), [](const auto& event) {
      return event.value("event", "") == "job_started" && event.value("kind", "") == "run";
    });
  }, std::chrono::seconds(120)));
  machine.reset();
  const Ran ran = running.wait();
  EXPECT_NE(ran.code, 0) << describe(ran);
  EXPECT_EQ(here.verdicts().at("run::sleeps.c").status, "infra");
}

TEST(Serial, ALineThatIsNoneIsNamed) {
  const Playground here;
  for (const char* line : {"serial:", "serial:ttyS0", "serial:unix:x", "serial:/dev/ttyS0,fast"}) {
    const Ran ran = here.xtest({"run", "--target", native_target(), "--on", line});
    EXPECT_EQ(ran.code, 2) << describe(ran);
    EXPECT_THAT(ran.err, HasSubstr("serial:/dev/ttyS0")) << line;
  }
  const Ran ran = here.xtest({"run", "--target", native_target(), "--on", "serial:/dev/nonesuch"});
  EXPECT_EQ(ran.code, 2) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("cannot use the serial line /dev/nonesuch"));
}

}  // namespace
}  // namespace xtest
