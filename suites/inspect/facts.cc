// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/facts.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace xtest {
namespace {

using Named = std::pair<std::uint32_t, const char*>;

constexpr std::array elf_machines = {
    Named{2, "sparc"},      Named{3, "i386"},     Named{4, "m68k"},    Named{8, "mips"},       Named{15, "parisc"},
    Named{18, "sparc32plus"}, Named{20, "ppc"},   Named{21, "ppc64"},  Named{22, "s390"},      Named{40, "arm"},
    Named{42, "sh"},        Named{43, "sparcv9"}, Named{50, "ia64"},   Named{62, "x86_64"},    Named{92, "openrisc"},
    Named{94, "xtensa"},    Named{183, "aarch64"}, Named{195, "arc"},  Named{243, "riscv"},    Named{247, "bpf"},
    Named{252, "csky"},     Named{258, "loongarch"}, Named{0x9026, "alpha"}};

constexpr std::array pe_machines = {Named{0x14c, "i386"}, Named{0x1c4, "arm"}, Named{0x8664, "x86_64"},
                                    Named{0xaa64, "aarch64"}};

constexpr std::array os_abis = {
    Named{0, "System V"}, Named{1, "HP-UX"},    Named{2, "NetBSD"},    Named{3, "GNU/Linux"}, Named{6, "Solaris"},
    Named{9, "FreeBSD"},  Named{12, "OpenBSD"}, Named{64, "ARM EABI"}, Named{97, "ARM"},      Named{255, "standalone"}};

constexpr std::array subsystems = {Named{1, "native"}, Named{2, "windows"}, Named{3, "console"}, Named{7, "posix"},
                                   Named{10, "efi"}};

template <class Table>
const char* find_name(const Table& table, std::uint32_t number) {
  for (const auto& [known, name] : table)
    if (known == number) return name;
  return nullptr;
}

std::string arm_flags(std::uint32_t flags) {
  const char* floats = (flags & 0x400) != 0 ? ", hard-float" : (flags & 0x200) != 0 ? ", soft-float" : "";
  return fmt::format("EABI{}{}", flags >> 24, floats);
}

std::string riscv_flags(std::uint32_t flags) {
  constexpr std::array floats = {"soft-float", "single-float", "double-float", "quad-float"};
  return fmt::format("{} ABI{}{}", floats[flags >> 1 & 3], (flags & 1) != 0 ? ", RVC" : "",
                     (flags & 8) != 0 ? ", RVE" : "");
}

}  // namespace

std::string flags_text(const FileFacts& facts) {
  if (facts.format != FileFormat::elf) return {};
  if (facts.machine_name == "arm") return arm_flags(facts.flags);
  if (facts.machine_name == "riscv") return riscv_flags(facts.flags);
  if (facts.machine_name == "ppc64") return fmt::format("ELFv{}", facts.flags & 3);
  return {};
}

std::string machine_name(FileFormat format, std::uint32_t machine) {
  const char* name = format == FileFormat::elf ? find_name(elf_machines, machine) : find_name(pe_machines, machine);
  return name != nullptr ? name : fmt::format("machine-{:#x}", machine);
}

std::string os_abi_name(std::uint8_t os_abi) {
  const char* name = find_name(os_abis, os_abi);
  return name != nullptr ? name : fmt::format("os-abi-{}", os_abi);
}

std::string subsystem_name(std::uint16_t subsystem) {
  const char* name = find_name(subsystems, subsystem);
  return name != nullptr ? name : fmt::format("subsystem-{}", subsystem);
}

std::string_view to_string(FileFormat format) { return format == FileFormat::elf ? "elf" : "pe"; }

std::string_view to_string(ByteOrder order) { return order == ByteOrder::little ? "little" : "big"; }

std::string_view to_string(FileType type) {
  switch (type) {
    case FileType::executable: return "executable";
    case FileType::dynamic: return "dynamic";
    case FileType::relocatable: return "relocatable";
    case FileType::other: break;
  }
  return "other";
}

}  // namespace xtest
