// SPDX-License-Identifier: Apache-2.0
#include "targets/features.h"

#include "runner/base/text.h"

#include <algorithm>
#include <array>

namespace xtest {

namespace {

using enum FeatureSource;

constexpr std::array words{
    FeatureWord{"linux", "runs on the Linux kernel", target},
    FeatureWord{"windows", "runs on Windows", target},
    FeatureWord{"freebsd", "runs on FreeBSD", target},
    FeatureWord{"netbsd", "runs on NetBSD", target},
    FeatureWord{"openbsd", "runs on OpenBSD", target},
    FeatureWord{"dragonfly", "runs on DragonFly BSD", target},
    FeatureWord{"illumos", "runs on illumos", target},
    FeatureWord{"solaris", "runs on Solaris", target},
    FeatureWord{"darwin", "runs on macOS", target},
    FeatureWord{"haiku", "runs on Haiku", target},
    FeatureWord{"posix", "has the POSIX system interface", target},
    FeatureWord{"glibc", "its C library is glibc", target},
    FeatureWord{"musl", "its C library is musl", target},
    FeatureWord{"mingw", "its C library is mingw-w64 over msvcrt or ucrt", target},
    FeatureWord{"threads", "programs can have more than one thread", target},
    FeatureWord{"signals", "signals can be caught with sigaction", target},
    FeatureWord{"sigaltstack", "a signal handler can run on a stack of its own", target},
    FeatureWord{"fork", "a process can be doubled with fork", target},
    FeatureWord{"exec", "a process can start another program", target},
    FeatureWord{"dlopen", "shared objects can be loaded at run time", target},
    FeatureWord{"tls", "has thread-local variables of the linker's kind", target},
    FeatureWord{"unwinder", "_Unwind_Backtrace links and walks the stack", target},
    FeatureWord{"exceptions", "C++ exceptions can be thrown and caught", target},
    FeatureWord{"getrandom", "has the system call getrandom", target},
    FeatureWord{"mmap", "memory can be mapped and protected by the page", target},
    FeatureWord{"sockets", "has sockets, at least to itself", target},
    FeatureWord{"symlinks", "its file systems have symbolic links", target},
    FeatureWord{"x86_64", "its processor is x86-64", derived},
    FeatureWord{"i686", "its processor is a 32-bit x86", derived},
    FeatureWord{"aarch64", "its processor is 64-bit ARM", derived},
    FeatureWord{"armv7", "its processor is 32-bit ARM", derived},
    FeatureWord{"riscv64", "its processor is 64-bit RISC-V", derived},
    FeatureWord{"powerpc64", "its processor is 64-bit POWER, big endian", derived},
    FeatureWord{"powerpc64le", "its processor is 64-bit POWER, little endian", derived},
    FeatureWord{"s390x", "its processor is z/Architecture", derived},
    FeatureWord{"loongarch64", "its processor is 64-bit LoongArch", derived},
    FeatureWord{"mips64el", "its processor is 64-bit MIPS, little endian", derived},
    FeatureWord{"sparc64", "its processor is 64-bit SPARC", derived},
    FeatureWord{"32-bit", "pointers have 32 bits", derived},
    FeatureWord{"64-bit", "pointers have 64 bits", derived},
    FeatureWord{"little-endian", "the lowest byte of a number comes first", derived},
    FeatureWord{"big-endian", "the highest byte of a number comes first", derived},
    FeatureWord{"elf", "programs are ELF files", derived},
    FeatureWord{"pe", "programs are PE files", derived},
    FeatureWord{"dynamic", "programs can be linked to shared libraries", derived},
    FeatureWord{"static", "programs can be linked without shared libraries", derived},
    FeatureWord{"static-pie", "programs without shared libraries can be position independent", derived},
    FeatureWord{"c", "C can be had for it", derived},
    FeatureWord{"cxx", "C++ can be had for it", derived},
    FeatureWord{"go", "Go can be had for it", derived},
    FeatureWord{"rust", "Rust can be had for it", derived},
    FeatureWord{"host", "executed by this machine itself", executor},
    FeatureWord{"qemu-user", "executed by qemu-user", executor},
    FeatureWord{"wine", "executed through Wine", executor},
    FeatureWord{"vm", "executed in a guest with a kernel of its own", executor},
    FeatureWord{"remote", "executed on another machine over SSH", executor},
    FeatureWord{"native", "executed by a real processor and the system's own kernel", executor},
    FeatureWord{"emulated", "executed by an emulator of its processor or system", executor},
    FeatureWord{"binfmt", "the kernel starts its programs by itself (private binfmt_misc)", executor},
    FeatureWord{"no-binfmt", "its programs start only through the emulator's command line", executor},
    FeatureWord{"reexec", "a program can start itself and other programs of the target", executor},
    FeatureWord{"lang-c", "a C compiler was found", toolchain},
    FeatureWord{"lang-cxx", "a C++ compiler was found", toolchain},
    FeatureWord{"lang-go", "a Go compiler was found", toolchain},
    FeatureWord{"lang-rust", "a Rust compiler was found", toolchain},
    FeatureWord{"rust-stack-probes", "its Rust compiler touches every page of a large frame", toolchain},
    FeatureWord{"gcc", "compiled by GCC", toolchain},
    FeatureWord{"clang", "compiled by clang", toolchain},
};

std::vector<std::string> all_words() {
  std::vector<std::string> result;
  for (const auto& entry : words) result.emplace_back(entry.word);
  return result;
}

}  // namespace

std::span<const FeatureWord> feature_words() { return words; }

const FeatureWord* find_feature(std::string_view word) {
  const auto found = std::ranges::find(words, word, &FeatureWord::word);
  return found == words.end() ? nullptr : &*found;
}

void check_feature(std::string_view word, const Position& where) {
  if (find_feature(word) || (word.starts_with("x-") && word.size() > 2)) return;
  const auto candidate = nearest(word, all_words());
  const std::string own = "begin a word of your own with x-";
  throw Error(ErrorKind::usage, where, "unknown feature '" + std::string(word) + "'",
              candidate ? "did you mean '" + *candidate + "'? Otherwise " + own : own);
}

void check_features(const Expr& expression) {
  for (const auto& atom : expression.atoms()) {
    if (atom.arg) {
      throw Error(ErrorKind::usage, atom.where,
                  "'" + to_string(atom) + "' is not a feature: features take no argument");
    }
    check_feature(atom.name, atom.where);
  }
}

std::set<std::string> derived_features(const Target& target) {
  std::set<std::string> result{target.arch, std::string(to_string(target.files.format))};
  if (target.files.bits) result.insert(*target.files.bits == 64 ? "64-bit" : "32-bit");
  if (target.files.order) result.insert(*target.files.order == ByteOrder::big ? "big-endian" : "little-endian");
  result.insert(target.links.begin(), target.links.end());
  for (const auto& [language, spec] : target.compilers) {
    if (spec.absent.empty()) result.emplace(to_string(language));
  }
  return result;
}

}  // namespace xtest
