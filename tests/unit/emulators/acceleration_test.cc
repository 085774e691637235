// SPDX-License-Identifier: Apache-2.0
// Accelerators are believed only after a guest ran under them.
#include "emulators/vm/acceleration.h"

#include "runner/base/process.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class AccelerationProbe : public testing::Test {
 protected:
  std::string why_not(const fs::path& program, const std::string& accelerator) {
    return run_task(io_, why_not_accelerated(program, accelerator, home_.path()));
  }
  // A qemu that only says and exits.
  fs::path pretending(const std::string& script) const {
    const fs::path file = home_.write("qemu-system-x86_64", "#!/bin/sh\n" + script);
    fs::permissions(file, fs::perms::owner_all);
    return file;
  }

  asio::io_context io_;
  const TempFolder home_;
};

TEST_F(AccelerationProbe, RunsItsGuestWithoutAcceleration) {
  int tried = 0;
  for (const char* name : {"qemu-system-x86_64", "qemu-system-aarch64"}) {
    const auto program = find_program(name, "/usr/bin:/usr/local/bin");
    if (!program) continue;
    ++tried;
    EXPECT_EQ(why_not(*program, "tcg"), "") << name;
    EXPECT_THAT(why_not(*program, "nonsense"), HasSubstr("nonsense")) << name;
  }
  if (tried == 0) GTEST_SKIP() << "no qemu-system is installed";
}

TEST_F(AccelerationProbe, SaysWhyAMachineHasNone) {
  const auto program = find_program("qemu-system-x86_64", "/usr/bin:/usr/local/bin");
  if (!program) GTEST_SKIP() << "qemu-system-x86_64 is not installed";
  const Acceleration found = run_task(io_, find_acceleration(*program, home_.path()));
  if (found.name == "kvm") {
    EXPECT_EQ(found.why, "");
    EXPECT_EQ(why_not(*program, "kvm"), "");
  } else {
    EXPECT_EQ(found.name, "tcg");
    EXPECT_THAT(found.why, HasSubstr("no hardware acceleration: "));
  }
  EXPECT_TRUE(fs::is_empty(home_.path())) << "the probe left something";
}

TEST_F(AccelerationProbe, BelievesNoQemuThatOnlyStarts) {
  EXPECT_EQ(why_not(pretending("exit 0"), "kvm"), "qemu exited with 0");
  EXPECT_EQ(why_not(pretending("echo 'Could not access KVM kernel module' >&2; echo 'failed to initialize kvm: Permission denied' >&2; exit 1"), "kvm"),
            "failed to initialize kvm: Permission denied");
  EXPECT_EQ(why_not("/nowhere/qemu-system-riscv64", "kvm"), "there is no probe for qemu-system-riscv64");
}

}  // namespace
}  // namespace xtest
