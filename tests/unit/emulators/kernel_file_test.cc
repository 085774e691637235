// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/kernel_file.h"

#include "runner/base/files.h"
#include "runner/base/process.h"
#include "tests/support/error_of.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::HasSubstr;

constexpr std::size_t kSectors = 2, kOffset = 100;

class KernelFile : public testing::Test {
 protected:
  std::string compressed(const std::string& text) {
    EXPECT_EQ(write_file(folder_ / "plain", text), 0);
    ProcessSpec spec;
    spec.argv = {"gzip", "-nc", (folder_ / "plain").string()};
    spec.env = clean_environment();
    return run_task(io_, run_process(std::move(spec))).out.text;
  }
  // As a boot loader sees it: the header, the program that unpacks, its payload with its size behind it, and more.
  static std::string packed(const std::string& payload) {
    std::string file((kSectors + 1) * 512 + kOffset, 'p');
    file[0x1f1] = kSectors;
    file.replace(0x202, 4, "HdrS");
    file.replace(0x206, 2, std::string("\x0f\x02", 2));
    put(file, 0x248, kOffset);
    put(file, 0x24c, payload.size() + 4);
    return file + payload + "size" + "behind";
  }
  static void put(std::string& file, std::size_t at, std::size_t value) {
    for (int i = 0; i < 4; ++i) file[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i) & 0xff);
  }
  bool unpack(const std::string& file) {
    EXPECT_EQ(write_file(folder_ / "vmlinuz", file), 0);
    return unpack_kernel(folder_ / "vmlinuz", folder_ / "kernel");
  }

  asio::io_context io_;
  const TempFolder home_;
  const std::filesystem::path folder_ = home_.path();
};

TEST_F(KernelFile, IsTakenOutOfTheProgramThatUnpacksIt) {
  const std::string kernel = "\x7f" "ELF" + std::string(100000, 'k');
  EXPECT_TRUE(unpack(packed(compressed(kernel))));
  EXPECT_EQ(read_file(folder_ / "kernel"), kernel);
}

TEST_F(KernelFile, ThatIsNotPackedSoStaysAsItIs) {
  const std::string good = packed(compressed("\x7f" "ELF"));
  std::string too_old = good, too_long = good;
  too_old[0x206] = 7;
  put(too_long, 0x24c, good.size());
  for (const std::string& file : {std::string(), std::string("short"), std::string(4096, 'x'), packed(""), packed(compressed("no ELF file")), too_old, too_long}) {
    EXPECT_FALSE(unpack(file)) << file.size();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "kernel"));
  }
}

TEST_F(KernelFile, ThatIsDamagedIsAnError) {
  const std::string payload = compressed("\x7f" "ELF" + std::string(100000, 'k'));
  EXPECT_THAT(error_of([&] { unpack(packed(payload.substr(0, payload.size() / 2))); }), HasSubstr("kernel.packed"));
}

}  // namespace
}  // namespace xtest
