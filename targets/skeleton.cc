// SPDX-License-Identifier: Apache-2.0
#include "targets/skeleton.h"

#include "runner/base/error.h"
#include "runner/base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include <fmt/format.h>

namespace xtest {

namespace {

struct Processor {
  std::string_view head;      // how the first part of a triple begins
  std::string_view arch;
  int bits;
  bool big;
  std::string_view machine;   // in ELF files
  unsigned number;            // e_machine
  std::string_view go;
  std::string_view qemu;
};

// The first that fits is taken: longer names come before their beginnings.
constexpr std::array processors{
    Processor{"x86_64", "x86_64", 64, false, "x86_64", 62, "amd64", "x86_64"},
    Processor{"amd64", "x86_64", 64, false, "x86_64", 62, "amd64", "x86_64"},
    Processor{"i386", "i686", 32, false, "i386", 3, "386", "i386"},
    Processor{"i586", "i686", 32, false, "i386", 3, "386", "i386"},
    Processor{"i686", "i686", 32, false, "i386", 3, "386", "i386"},
    Processor{"aarch64", "aarch64", 64, false, "aarch64", 183, "arm64", "aarch64"},
    Processor{"arm64", "aarch64", 64, false, "aarch64", 183, "arm64", "aarch64"},
    Processor{"arm", "armv7", 32, false, "arm", 40, "arm", "arm"},
    Processor{"riscv64", "riscv64", 64, false, "riscv", 243, "riscv64", "riscv64"},
    Processor{"powerpc64le", "powerpc64le", 64, false, "ppc64", 21, "ppc64le", "ppc64le"},
    Processor{"ppc64le", "powerpc64le", 64, false, "ppc64", 21, "ppc64le", "ppc64le"},
    Processor{"powerpc64", "powerpc64", 64, true, "ppc64", 21, "ppc64", "ppc64"},
    Processor{"s390x", "s390x", 64, true, "s390", 22, "s390x", "s390x"},
    Processor{"loongarch64", "loongarch64", 64, false, "loongarch", 258, "loong64", "loongarch64"},
    Processor{"mips64el", "mips64el", 64, false, "mips", 8, "mips64le", "mips64el"},
    Processor{"sparc64", "sparc64", 64, true, "sparcv9", 43, "sparc64", "sparc64"}};

struct System {
  std::string_view part;      // in the triple
  std::string_view features;
  std::string_view go;
  std::string_view needed;    // libraries a program may ask for
};

constexpr std::string_view unix_words =
    "posix, threads, signals, sigaltstack, fork, exec, tls, mmap, sockets, symlinks";

constexpr std::array systems{
    System{"windows", "windows, threads, exec, tls, mmap, sockets", "windows", ""},
    System{"mingw", "windows, mingw, threads, exec, tls, mmap, sockets", "windows", ""},
    System{"linux-musl", "linux, musl, getrandom, ", "linux", "libc.so"},
    System{"linux-gnu", "linux, glibc, getrandom, dlopen, unwinder, exceptions, ", "linux",
           "libc.so.6, libm.so.6, libstdc++.so.6, libgcc_s.so.1, \"ld*.so.*\""},
    System{"linux", "linux, getrandom, ", "linux", "\"libc.so*\""},
    System{"freebsd", "freebsd, getrandom, dlopen, ", "freebsd", "libc.so.7, libthr.so.3, libm.so.5, libgcc_s.so.1"},
    System{"netbsd", "netbsd, dlopen, ", "netbsd", "libc.so.12, libpthread.so.1, libm.so.0, libgcc_s.so.1"},
    System{"openbsd", "openbsd, dlopen, ", "openbsd", "\"libc.so.*\", \"libpthread.so.*\", \"libm.so.*\""},
    System{"dragonfly", "dragonfly, getrandom, dlopen, ", "dragonfly",
           "libc.so.8, libpthread.so.0, libm.so.4, libgcc_pic.so"},
    System{"illumos", "illumos, getrandom, dlopen, ", "illumos", "libc.so.1, libm.so.2, libgcc_s.so.1"},
    System{"solaris", "solaris, getrandom, dlopen, ", "solaris", "libc.so.1, libm.so.2, libgcc_s.so.1"},
    System{"haiku", "haiku, dlopen, ", "haiku", "libroot.so, libgcc_s.so.1"}};

constexpr Processor unknown_processor{"", "", 64, false, "machine-0x0", 0, "", ""};
constexpr System unknown_system{"", "", "", "\"libc.so*\""};

void check_triple(std::string_view triple) {
  const auto parts = split(triple, '-');
  const bool good = parts.size() >= 2 && parts.size() <= 4 && std::ranges::all_of(parts, [](std::string_view part) {
                      return !part.empty() && std::ranges::all_of(part, [](unsigned char c) {
                        return std::isalnum(c) || c == '_' || c == '.';
                      });
                    });
  if (good) return;
  throw Error(
      ErrorKind::usage, "'" + std::string(triple) + "' is not a triple",
      "write two to four parts of letters, digits, _ and . with - between them, such as aarch64-unknown-linux-musl");
}

const Processor& processor_of(std::string_view triple) {
  const auto found = std::ranges::find_if(processors, [&](const Processor& p) { return triple.starts_with(p.head); });
  return found == processors.end() ? unknown_processor : *found;
}

const System& system_of(std::string_view triple) {
  const auto found = std::ranges::find_if(systems, [&](const System& s) { return triple.find(s.part) != triple.npos; });
  return found == systems.end() ? unknown_system : *found;
}

// The prefix of GNU tools: without the vendor "unknown".
std::string tool_prefix(std::string_view triple) {
  std::string prefix(triple);
  if (const auto vendor = prefix.find("-unknown-"); vendor != prefix.npos) prefix.erase(vendor, 8);
  return prefix;
}

std::string hex_bytes(std::initializer_list<unsigned> bytes) {
  std::string text;
  for (const auto byte : bytes) text += fmt::format("\\x{:02x}", byte);
  return text;
}

std::string magic(const Processor& p) {
  const unsigned low = p.number & 0xff, high = p.number >> 8;
  return "\\x7fELF" + hex_bytes({p.bits == 64 ? 2u : 1u, p.big ? 2u : 1u, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}) +
         (p.big ? hex_bytes({0, 2, high, low}) : hex_bytes({2, 0, low, high}));
}

std::string mask(const Processor& p) {
  return hex_bytes({255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 255}) +
         (p.big ? hex_bytes({255, 254, 255, 255}) : hex_bytes({254, 255, 255, 255}));
}

std::string identity(std::string_view triple, const std::string& prefix, const Processor& p, const System& s) {
  const auto arch = p.arch.empty() ? split(triple, '-').front() : p.arch;
  return fmt::format(R"(# SPDX-License-Identifier: Apache-2.0
# A target for xtest, begun by `xtest targets new {0}`. Use it with --target-file, or call it {0}.yaml and put
# its folder on the command line with --targets-dir. What the triple could not tell is marked with CHECK.
# Instead of all this, `extends: another-triple` takes over another target's file and only the differences are written.

# The canonical name; the aliases mean the same on the command line and as the compiler's answer to -dumpmachine.
triple: {0}
title: {0}
aliases: [{1}]

# The processor. CHECK if it is not {2}.
arch: {2}

# What programs can ask for (`requires: threads and tls`). CHECK: remove what the system has not; a word of your own
# begins with x-. The list of words is in targets/features.h.
features: [{3}{4}]

# How programs can be linked, preferred first: dynamic, static, static-pie.
links: [{5}]
)",
                     triple, prefix == triple ? "" : prefix, arch, s.features,
                     s.features.ends_with(", ") ? unix_words : "",
                     s.needed.empty() ? "static, dynamic" : "dynamic, static");
}

std::string compilers(std::string_view triple, const std::string& prefix, const Processor& p, const System& s) {
  const auto names = [&](std::string_view tool) {
    return prefix == triple ? prefix + "-" + std::string(tool)
                            : prefix + "-" + std::string(tool) + ", " + std::string(triple) + "-" + std::string(tool);
  };
  auto text = fmt::format(R"(
# Programs to look for on PATH, and the flags that each way of linking takes.
# clang needs `flags: [--target={0}, --sysroot=DIR]`.
compilers:
  c:
    try: [{1}]
    links: {{dynamic: [], static: [-static]}}
  cxx:
    try: [{2}]
    links: {{dynamic: [], static: [-static]}}
)",
                          triple, names("gcc"), names("g++"));
  if (p.go.empty() || s.go.empty()) {
    text +=
        "  go:\n    absent: Go does not know this target   # CHECK: else try: [go] and env: {GOOS: ..., GOARCH: ...}\n";
  } else {
    text += fmt::format("  go:\n    try: [go]\n    env: {{GOOS: {}, GOARCH: \"{}\"}}\n    links: {{static: []}}\n",
                        s.go, p.go);
  }
  return text + fmt::format(R"(  rust:
    try: [rustc]
    triple: {}   # CHECK: `rustc --print target-list`
    links: {{dynamic: []}}

# Packages that provide the tools, so that --install works: distribution, architecture of the host ("*": any), what for.
packages:
  debian:
    "*":
      go: [golang-go]
)",
                            triple);
}

std::string executors(const std::string& prefix, const Processor& p, const System& s) {
  if (s.go == "linux" && !p.qemu.empty()) {
    return fmt::format(R"(
# Where its programs run, preferred first.
executors:
  - name: qemu-user
    settings:
      programs: qemu-{0}-static qemu-{0}
      # The first 20 bytes of its programs and which bits of them count.
      magic: '{1}'
      mask: '{2}'
      # CHECK: the folder with its loader and libraries, and where the programs expect them.
      sysroot: /usr/{3}
      overlay: /usr/{3}/lib:/usr/lib
)",
                       p.qemu, magic(p), mask(p), prefix);
  }
  if (s.needed.empty() && s.go == "windows") {
    return "\n# Where its programs run, preferred first.\n"
           "executors:\n  - name: wine\n    settings: {programs: wine64 wine}\n";
  }
  return "\n# Where its programs run. Without an executor they are only built and their files checked.\n"
         "executors: []\n";
}

std::string files(const Processor& p, const System& s) {
  const bool is_pe = s.go == "windows";
  auto text = fmt::format(R"(
# What its files must look like. `xtest inspect FILE` shows the values of a file that is known to be good.
files:
  format: {}
  bits: {}
  order: {}
  machine: {}{}
)",
                          is_pe ? "pe" : "elf", p.bits, p.big ? "big" : "little", p.machine,
                          p.machine == unknown_processor.machine ? "   # CHECK" : "");
  if (is_pe) return text + "  subsystem: 3\n  init: ctors\n  # CHECK: dlls: [KERNEL32.dll, msvcrt.dll]\n";
  return text +
         fmt::format(R"(  # CHECK: the loader that dynamic programs name, flags of the ELF header, the system's note:
  # interp: /lib/ld.so.1
  # flags: {{mask: 0xffffffff, value: 0, text: none}}
  # note: {{os: linux, max_version: 3.2.0, required: true}}
  # CHECK: shared libraries that a program may ask for.
  needed: [{}]
  init: init_array
  # Whose functions need unwind tables: all, program (not the C library's), exceptions (C++ and Rust only), none.
  unwind: all
)",
                     s.needed);
}

}  // namespace

std::string target_skeleton(std::string_view triple) {
  check_triple(triple);
  const auto& processor = processor_of(triple);
  const auto& system = system_of(triple);
  const auto prefix = tool_prefix(triple);
  return identity(triple, prefix, processor, system) + compilers(triple, prefix, processor, system) +
         executors(prefix, processor, system) + files(processor, system);
}

}  // namespace xtest
