// SPDX-License-Identifier: Apache-2.0
#include "emulators/diagnosis/instruction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

std::string touched(const std::string& arch, const std::string& instruction, const Registers& registers) {
  const auto found = touched_by(instruction, *architecture(arch), registers);
  if (!found) return "nothing";
  char text[32];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(found->address));
  return text;
}

TEST(Instruction, TheOperandsOfX86AreAdded) {
  const Registers registers{{"rax", 0x1000}, {"rcx", 3}, {"fs_base", 0}, {"rsp", 0x8000}, {"rbx", 0}};
  EXPECT_EQ(touched("x86_64", "mov %edx,(%rax)", registers), "1000");
  EXPECT_EQ(touched("x86_64", "mov -0x8(%rax,%rcx,4),%edx", registers), "1004");
  EXPECT_EQ(touched("x86_64", "movl $0x0,0x10(,%rcx,8)", registers), "28");
  EXPECT_EQ(touched("x86_64", "mov %fs:0xfffffffffffffff8,%rax", registers), "fffffffffffffff8");
  EXPECT_EQ(touched("x86_64", "mov %fs:-8,%rax", registers), "fffffffffffffff8");
  EXPECT_EQ(touched("x86_64", "mov %fs:(%rbx),%rax", registers), "0");
  EXPECT_EQ(touched("x86_64", "call 1129 <dig>", registers), "7ff8");
  EXPECT_EQ(touched("x86_64", "call *0x8(%rax)", registers), "1008");
}

TEST(Instruction, TheOperandsOfOthersToo) {
  EXPECT_EQ(touched("aarch64", "str x1, [x0, #16]", {{"x0", 0x20}}), "30");
  EXPECT_EQ(touched("aarch64", "ldr w1, [x0, x2, lsl #2]", {{"x0", 0x20}, {"x2", 4}}), "30");
  EXPECT_EQ(touched("aarch64", "ldr x0, [x1], #8", {{"x1", 0x40}}), "40") << "written back afterwards";
  EXPECT_EQ(touched("armv7", "str r3, [r0, #-8]", {{"r0", 0}}), "fffffff8") << "32 bits";
  EXPECT_EQ(touched("riscv64", "sd a5,-16(a0)", {{"a0", 0x20}}), "10");
  EXPECT_EQ(touched("s390x", "mvghi 16(%r2),1", {{"r2", 0}}), "10");
  EXPECT_EQ(touched("s390x", "lg %r1,8(%r2,%r0)", {{"r2", 0x10}}), "18") << "register 0 counts as no register";
  EXPECT_EQ(touched("powerpc64le", "std r9,0(r10)", {{"r10", 0x50}}), "50");
}

TEST(Instruction, WhatIsNotUnderstoodIsNotGuessed) {
  const Registers registers{{"rax", 1}, {"x0", 1}};
  for (const char* text : {"lea 0x8(%rax),%rdx", "mov 0x2ee4(%rip),%eax # 4010 <x>", "add %rax,%rdx", "ud2", "", "mov (%rnonesuch),%eax",
                           "mov (%rax", "mov 0x(%rax),%ebx", "mov (%rax,%rax,banana),%ebx"})
    EXPECT_EQ(touched("x86_64", text, registers), "nothing") << text;
  for (const char* text : {"ldr x0, [x0, w1, sxtw #2]", "ldr x0, [x9]", "ldr x0, [", "ldr x0, [x0, x0, lsl #99]"})
    EXPECT_EQ(touched("aarch64", text, registers), "nothing") << text;
}

TEST(Registers, AreReadInTheOrderOfTheirSystem) {
  std::string bytes(27 * 8, '\0');
  bytes[16 * 8] = 0x42;                    // rip
  const Architecture* x86 = architecture_of("x86_64", bytes.size());
  ASSERT_NE(x86, nullptr);
  EXPECT_EQ(decode_registers(*x86, x86->kernel, bytes).at("rip"), 0x42u);
  EXPECT_EQ(architecture_of("x86_64", 17 * 4)->name, "i686");
  EXPECT_EQ(architecture_of("vax", 100), nullptr);
  std::string big(18 * 8, '\0');
  big[15] = 0x42;                          // the last byte of pswa
  const Architecture* s390 = architecture("s390x");
  EXPECT_EQ(decode_registers(*s390, s390->kernel, big).at("pswa"), 0x42u);
}

}  // namespace
}  // namespace xtest
