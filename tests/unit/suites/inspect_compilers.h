// SPDX-License-Identifier: Apache-2.0
#pragma once

// Real files for the tests of suites/inspect: what each compiler on PATH makes, and what its files must look like.
//
// A Workshop owns a temporary folder and removes it at the end. Commands run through sh, their output goes to a log
// that a failing test shows. One thread.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "suites/inspect/checks.h"
#include "suites/inspect/inspect.h"

namespace xtest::inspect_test {

class Workshop {
 public:
  Workshop() {
    std::string pattern = (std::filesystem::temp_directory_path() / "xtest-inspect-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    write("hello.c", "#include <stdio.h>\nint main(void){puts(\"hi\");return 0;}\n");
    write("hello.cc",
          "#include <iostream>\n#include <stdexcept>\nstruct S{S(){std::cout<<\"ctor\";}} s;\n"
          "int main(){try{throw std::runtime_error(\"x\");}catch(std::exception&e){std::cout<<e.what();}}\n");
    write("hello.go", "package main\nfunc main(){println(\"hi\")}\n");
  }
  ~Workshop() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  bool run(const std::string& command) const {
    return std::system(("cd '" + folder_.string() + "' && { " + command + " ; } >log 2>&1").c_str()) == 0;
  }
  bool has(const std::string& program) const { return run("command -v " + program); }
  std::string read(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::string log() const { return read("log"); }
  std::filesystem::path folder() const { return folder_; }

  std::vector<CheckResult> check(const std::string& file, const FileExpectation& want) const {
    const std::string bytes = read(file);
    const auto facts = read_file_facts(std::as_bytes(std::span(bytes)));
    return facts ? check_file(*facts, want) : check_unreadable(facts.error(), want);
  }

 private:
  std::filesystem::path folder_;
};

struct Platform {
  std::string name;      // a test's name
  std::string gnu;       // prefix of the tools
  FileExpectation want;
};

inline Platform gnu_platform(std::string name, std::string gnu, int bits, std::string machine, FlagsExpectation flags,
                             std::string interp, std::string note, UnwindNeed unwind) {
  FileExpectation e;
  e.bits = bits;
  e.order = name == "s390x" ? ByteOrder::big : ByteOrder::little;
  e.machine = std::move(machine);
  e.flags = std::move(flags);
  e.os_abi = {0, 3};
  e.note = NoteExpectation{"linux", std::move(note), true};
  e.interp = std::move(interp);
  e.needed = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux*.so.*", "ld64.so.*"};
  e.needed_checked = true;
  e.forbidden = {"libc.so", "libc.musl-*"};
  e.host_prefixes = {"/home", "/root", "/tmp", "/build"};
  e.init = InitScheme::init_array;
  e.unwind = unwind;
  return {std::move(name), std::move(gnu), std::move(e)};
}

inline std::vector<Platform> gnu_platforms() {
  const FlagsExpectation none{0xffffffff, 0, ""};
  return {gnu_platform("x86_64", "x86_64-linux-gnu", 64, "x86_64", none, "/lib64/ld-linux-x86-64.so.2", "3.2.0",
                       UnwindNeed::all),
          gnu_platform("i686", "i686-linux-gnu", 32, "i386", none, "/lib/ld-linux.so.2", "3.2.0", UnwindNeed::all),
          gnu_platform("aarch64", "aarch64-linux-gnu", 64, "aarch64", none, "/lib/ld-linux-aarch64.so.1", "3.7.0",
                       UnwindNeed::all),
          gnu_platform("armv7", "arm-linux-gnueabihf", 32, "arm", {0xff000600, 0x05000400, "EABI5, hard-float"},
                       "/lib/ld-linux-armhf.so.3", "3.2.0", UnwindNeed::exceptions),
          gnu_platform("riscv64", "riscv64-linux-gnu", 64, "riscv", {0xe, 4, "lp64d"},
                       "/lib/ld-linux-riscv64-lp64d.so.1", "4.15.0", UnwindNeed::exceptions),
          gnu_platform("powerpc64le", "powerpc64le-linux-gnu", 64, "ppc64", {3, 2, "ELFv2"}, "/lib64/ld64.so.2",
                       "3.10.0", UnwindNeed::all),
          gnu_platform("s390x", "s390x-linux-gnu", 64, "s390", {0xfffffffe, 0, ""}, "/lib/ld64.so.1", "3.2.0",
                       UnwindNeed::all)};
}

inline FileExpectation musl_wanted() {
  FileExpectation e;
  e.bits = 64;
  e.machine = "x86_64";
  e.os_abi = {0};
  e.interp = "/lib/ld-musl-x86_64.so.1";
  e.needed = {"libc.so"};
  e.needed_checked = true;
  e.forbidden = {"libc.so.6", "ld-linux*", "libgcc_s.so.1"};
  e.link = LinkKind::static_exe;
  e.init = InitScheme::init_array;
  e.unwind = UnwindNeed::none;
  return e;
}

inline FileExpectation mingw_wanted() {
  FileExpectation e;
  e.format = FileFormat::pe;
  e.bits = 64;
  e.machine = "x86_64";
  e.init = InitScheme::ctors;
  e.subsystem = 3;
  e.dlls = {"kernel32.dll", "msvcrt.dll"};
  e.dlls_checked = true;
  return e;
}

}  // namespace xtest::inspect_test
