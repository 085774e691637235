// SPDX-License-Identifier: Apache-2.0
#include "emulators/diagnosis/registers.h"

#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace xtest {
namespace {

using Names = std::vector<std::string>;

Names names(std::string_view text) {
  Names all;
  for (const std::string_view name : split(text, ' ')) all.emplace_back(name);
  return all;
}

Names numbered(std::string_view prefix, int last, std::string_view more = "") {
  Names all;
  for (int i = 0; i <= last; ++i) all.push_back(fmt::format("{}{}", prefix, i));
  if (!more.empty()) std::ranges::copy(names(more), std::back_inserter(all));
  return all;
}

Names with(Names first, const Names& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::vector<Architecture> make_architectures() {
  const Names riscv = names("ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6");
  const Names arm = numbered("r", 12, "sp lr pc");
  const Names s390 = with(names("pswm pswa"), numbered("r", 15));
  return {
      {"x86_64", 8, false,
       names("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"),
       names("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip"),
       names("rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip"), "rip", "rsp", "", "rbp", "fs_base", -1},
      {"i686", 4, false, names("ebx ecx edx esi edi ebp eax ds es fs gs orig_eax eip cs eflags esp ss"),
       names("eax ecx edx ebx esp ebp esi edi eip"), names("eax ecx edx ebx esp ebp esi edi eip"), "eip", "esp", "", "ebp", "", -1},
      {"aarch64", 8, false, numbered("x", 30, "sp pc pstate"), numbered("x", 30, "sp pc"), numbered("x", 30, "sp"), "pc", "sp", "x30", "x29", "tls", -1},
      {"armv7", 4, false, with(arm, names("cpsr orig_r0")), arm, arm, "pc", "sp", "lr", "r11", "", -1},
      {"riscv64", 8, false, with({"pc"}, riscv), with(with({"zero"}, riscv), {"pc"}), with({"zero"}, riscv), "pc", "sp", "ra", "s0", "tp", -1},
      {"s390x", 8, true, s390, s390, numbered("r", 15), "pswa", "r15", "r14", "", "", -1},
      {"powerpc64le", 8, false, numbered("r", 31, "pc msr orig_r3 ctr lr xer"), with(with(numbered("r", 31), numbered("f", 31)), names("pc msr")),
       numbered("r", 31), "pc", "r1", "lr", "", "r13", 65},
  };
}

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> all = make_architectures();
  return all;
}

}  // namespace

const Architecture* architecture(std::string_view name) {
  if (name == "ppc64le") name = "powerpc64le";
  if (name == "i386" || name == "i586") name = "i686";
  if (name == "armv7l" || name == "armv8l") name = "armv7";
  const auto found = std::ranges::find(architectures(), name, &Architecture::name);
  return found == architectures().end() ? nullptr : &*found;
}

const Architecture* architecture_of(std::string_view machine, std::size_t bytes) {
  const auto fits = [&](const Architecture* arch) {
    return arch && bytes >= arch->kernel.size() * static_cast<std::size_t>(arch->width);
  };
  const Architecture* own = architecture(machine);
  if (fits(own)) return own;
  const Architecture* narrow = architecture(machine == "x86_64" ? "i686" : machine == "aarch64" ? "armv7" : "");
  return fits(narrow) ? narrow : nullptr;
}

Registers decode_registers(const Architecture& arch, const std::vector<std::string>& order, std::string_view bytes) {
  Registers registers;
  SeenProcess memory;
  memory.memory.emplace_back(0, std::string(bytes));
  for (std::size_t at = 0; at < order.size(); ++at) {
    const auto value = memory.read(at * static_cast<std::size_t>(arch.width), arch.width, arch.big_endian);
    if (value) registers[order[at]] = *value;
  }
  return registers;
}

}  // namespace xtest
