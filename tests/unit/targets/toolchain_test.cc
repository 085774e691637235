// SPDX-License-Identifier: Apache-2.0
// Compilers that are small scripts: they answer what the test wants and count how often they are asked.
#include "targets/toolchain.h"

#include "targets/compiler_check.h"
#include "targets/identity_cache.h"
#include "targets/rust.h"
#include "tests/support/run_task.h"
#include "tests/unit/targets/target_files.h"

#include <set>

namespace xtest {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Toolchains : public testing::Test {
 protected:
  Toolchains() { target_ = library_.find("aarch64-unknown-linux-gnu"); }

  // A compiler that says `machine` and, when it preprocesses, the text of `macros` and the path of <stdio.h>.
  void compiler(const std::string& name, const std::string& machine, const std::string& macros,
                const std::string& stdio, const std::string& version = "fake-gcc 1.2") {
    folder_.write_program("bin/" + name, "echo \"$@\" >> '" + asked().string() + "'\ncase \"$*\" in\n" +
                                             "*--version*) echo '" + version + "';;\n*-dumpmachine*) echo '" + machine +
                                             "';;\n" + "*) printf '" + macros + "'; echo '. " + stdio +
                                             "' >&2;;\nesac\n");
  }
  void good_compiler(const std::string& name) {
    compiler(name, "aarch64-linux-gnu", good_macros, "/usr/aarch64-linux-gnu/include/stdio.h");
  }

  std::filesystem::path asked() const { return folder_.path() / "asked"; }
  FoundToolchain find(Language language = Language::c) {
    ToolSearch search{(folder_.path() / "bin").string(), folder_.path() / "cache", host_};
    return run_task(io_, find_toolchain(target_, language, search));
  }

  static constexpr const char* good_macros =
      "#define __SIZEOF_POINTER__ 8\\n#define __BYTE_ORDER__ __ORDER_LITTLE_ENDIAN__\\n#define __aarch64__ 1\\n"
      "#define __linux__ 1\\n#define __GLIBC__ 2\\n";

  TargetFolder folder_;
  TargetLibrary library_{{built_in_targets()}};
  Target target_;
  HostFacts host_ = host_facts_from("x86_64", "ID=debian\n", true);
  asio::io_context io_;
};

TEST_F(Toolchains, TakesTheFirstNameThatIsThereAndSaysWhich) {
  good_compiler("aarch64-unknown-linux-gnu-gcc");
  const auto found = find();
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_EQ(found->program, folder_.path() / "bin/aarch64-unknown-linux-gnu-gcc");
  EXPECT_EQ(found->name, "gcc");
  EXPECT_EQ(found->version, "fake-gcc 1.2");
  EXPECT_THAT(found->env, Contains(HasSubstr("PATH=" + (folder_.path() / "bin").string() + ":")));
}

TEST_F(Toolchains, SaysWhatWasLookedForAndHowToGetIt) {
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().why,
            "no C compiler for aarch64-unknown-linux-gnu: looked for aarch64-linux-gnu-gcc, "
            "aarch64-unknown-linux-gnu-gcc, gcc");
  EXPECT_EQ(found.error().remedy, "apt-get install -y gcc-aarch64-linux-gnu libc6-dev-arm64-cross");
}

TEST_F(Toolchains, AsksTheSecondTimeOnlyForTheProgramsThatItStarts) {
  good_compiler("aarch64-linux-gnu-gcc");
  const auto first = find();
  std::filesystem::remove(asked());
  const auto second = find();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(text_of(asked()), "-print-prog-name=cc1\n-print-prog-name=as\n-print-prog-name=ld\n");
  EXPECT_EQ(first->identity, second->identity);
}

TEST_F(Toolchains, AnotherLinkerOrAssemblerIsAnotherToolchain) {
  good_compiler("plain-gcc");
  folder_.write_program("bin/aarch64-linux-gnu-gcc", "case \"$*\" in *-print-prog-name=cc1*) echo cc1;; *-print-prog-name=*) echo '" +
                                                         folder_.path().string() + "/'\"${*##*=}\";; *) exec '" +
                                                         (folder_.path() / "bin/plain-gcc").string() + "' \"$@\";; esac\n");
  std::set<std::string> identities;
  for (const char* changed : {"ld", "as", "ld", "ld.mold"}) {
    folder_.write_program(changed, "exit " + std::to_string(10 * identities.size()) + "\n");
    const auto found = find();
    ASSERT_TRUE(found) << found.error().why;
    identities.insert(found->identity);
  }
  EXPECT_EQ(identities.size(), 3u) << "nobody asked for ld.mold";
  target_.compilers.at(Language::c).flags = {"-fuse-ld=mold"};
  const auto before = find();
  folder_.write_program("ld.mold", "exit 99\n");
  const auto after = find();
  ASSERT_TRUE(before && after);
  EXPECT_NE(before->identity, after->identity);
}

TEST_F(Toolchains, AsksAgainWhenTheProgramHasChanged) {
  good_compiler("aarch64-linux-gnu-gcc");
  const auto first = find();
  compiler("aarch64-linux-gnu-gcc", "aarch64-linux-gnu", good_macros, "/x/stdio.h", "fake-gcc 1.3 with more");
  const auto second = find();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->version, "fake-gcc 1.3 with more");
  EXPECT_NE(first->identity, second->identity);
}

TEST_F(Toolchains, ASecondNameServesWhenTheFirstIsRefused) {
  compiler("aarch64-linux-gnu-gcc", "mips-linux-gnu", good_macros, "/x/stdio.h");
  good_compiler("aarch64-unknown-linux-gnu-gcc");
  const auto found = find();
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_EQ(found->program.filename(), "aarch64-unknown-linux-gnu-gcc");
}

TEST_F(Toolchains, RefusesACompilerThatNamesAnotherMachine) {
  compiler("aarch64-linux-gnu-gcc", "aarch64-foo-linux-gnu", good_macros, "/x/stdio.h");
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().why,
              HasSubstr("says that it makes programs for 'aarch64-foo-linux-gnu', which is no name of"));
  EXPECT_THAT(found.error().remedy, HasSubstr("add it to the aliases in"));
}

TEST_F(Toolchains, RefusesACompilerOfAnotherProcessor) {
  compiler("gcc", "x86_64-linux-gnu",
           "#define __SIZEOF_POINTER__ 8\\n#define __x86_64__ 1\\n#define __linux__ 1\\n#define __GLIBC__ 2\\n",
           "/usr/include/stdio.h");
  EXPECT_THAT(find().error().why,
              HasSubstr("makes programs for another machine (x86_64-linux-gnu): it does not define __aarch64__"));
}

TEST_F(Toolchains, RefusesAClangThatTakesTheHostsHeaders) {
  target_.compilers[Language::c].try_names = {"clang"};
  compiler("clang", "aarch64-unknown-linux-gnu", good_macros, "/usr/include/stdio.h", "Debian clang version 19");
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().why,
              HasSubstr("takes this host's headers (/usr/include/stdio.h) for aarch64-unknown-linux-gnu"));
  EXPECT_THAT(found.error().remedy, HasSubstr("--sysroot=DIR"));
}

TEST_F(Toolchains, NamesTheHostsHeadersAlsoWhenTheyDoNotCompile) {
  folder_.write_program(
      "bin/gcc",
      "case \"$*\" in *-E*) echo '. /usr/include/stdio.h' >&2; echo 'fatal error: bits/x.h' >&2; exit 1;; esac\n"
      "echo aarch64-linux-gnu\n");
  EXPECT_THAT(find().error().why,
              HasSubstr("takes this host's headers (/usr/include/stdio.h) for aarch64-unknown-linux-gnu: fatal error"));
}

TEST_F(Toolchains, TheHostsHeadersAreRightForTheHostItself) {
  host_ = host_facts_from("aarch64", "ID=debian\n", true);
  compiler("gcc", "aarch64-linux-gnu", good_macros, "/usr/include/stdio.h");
  EXPECT_TRUE(find().has_value());
}

TEST_F(Toolchains, RefusesAMuslCompilerWithGlibcsHeaders) {
  target_ = library_.find("x86_64-unknown-linux-musl");
  const std::string macros = "#define __SIZEOF_POINTER__ 8\\n#define __x86_64__ 1\\n#define __linux__ 1\\n";
  compiler("musl-gcc", "x86_64-linux-gnu", macros + "#define __GLIBC__ 2\\n", "/usr/include/stdio.h");
  EXPECT_THAT(find().error().why, HasSubstr("takes this host's headers"));
  compiler("musl-gcc", "x86_64-linux-gnu", macros, "/usr/include/x86_64-linux-musl/stdio.h");
  EXPECT_TRUE(find().has_value());
}

TEST_F(Toolchains, RefusesACompilerWithoutItsLibrarysHeaders) {
  folder_.write_program(
      "bin/aarch64-linux-gnu-gcc",
      "case \"$*\" in *-E*) echo '<command-line>: fatal error: stdio.h: No such file or directory' >&2; exit 1;; esac\n"
      "echo aarch64-linux-gnu\n");
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().why, HasSubstr("fatal error: stdio.h: No such file"));
  EXPECT_THAT(found.error().remedy, HasSubstr("libc6-dev-arm64-cross"));
}

TEST_F(Toolchains, AnAbsentLanguageSaysWhy) {
  target_ = library_.find("riscv64gc-unknown-linux-gnu");
  EXPECT_THAT(find(Language::rust).error().why, HasSubstr("Debian 12 has no Rust standard library for riscv64"));
}

TEST_F(Toolchains, GoGetsAnEnvironmentOfItsOwn) {
  folder_.write_program("bin/go", "case \"$1\" in version) echo go version go9;; *) echo linux/arm64;; esac\n");
  const auto found = find(Language::go);
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_EQ(found->version, "go version go9");
  EXPECT_THAT(found->env,
              AllOf(Contains("GOOS=linux"), Contains("GOARCH=arm64"), Contains("CGO_ENABLED=0"),
                    Contains("GOPROXY=off"), Contains("GOCACHE=" + (folder_.path() / "cache/go/build").string())));
  EXPECT_TRUE(std::filesystem::is_directory(folder_.path() / "cache/go/tmp"));
}

TEST_F(Toolchains, RefusesAGoThatDoesNotKnowTheTarget) {
  folder_.write_program("bin/go", "case \"$1\" in version) echo go version go9;; *) echo linux/amd64;; esac\n");
  EXPECT_THAT(find(Language::go).error().why, HasSubstr("go version go9 does not know linux/arm64"));
}

TEST_F(Toolchains, RustWithoutTheStandardLibraryNamesTheCommandThatGetsIt) {
  folder_.write_program("bin/rustc", "case \"$1\" in --version) echo rustc 9;; *) echo /nowhere;; esac\n");
  const auto found = find(Language::rust);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().why, AllOf(HasSubstr("rustc 9"), HasSubstr("has no standard library for it")));
  EXPECT_EQ(found.error().remedy, "xtest doctor --target aarch64-unknown-linux-gnu --lang rust --install");
}

TEST_F(Toolchains, RustIsTakenFromThePrivateUnpackAndLinksWithTheTargetsCompiler) {
  good_compiler("aarch64-linux-gnu-gcc");
  const ToolSearch search{(folder_.path() / "bin").string(), folder_.path() / "cache", host_};
  std::vector<std::string> asked_for;
  const Unpack unpack = [&](std::vector<std::string> packages, std::filesystem::path) -> Task<void> {
    asked_for = packages;
    const std::string root = "cache/rust/amd64/rustc-web/usr/";
    folder_.write(root + "lib/rustlib/aarch64-unknown-linux-gnu/lib/libstd-1.rlib", "");
    folder_.write(root + "lib/x86_64-linux-gnu/librustc_driver-1.so", "");
    const auto libdir = (folder_.path() / root / "lib/rustlib/aarch64-unknown-linux-gnu/lib").string();
    folder_.write_program(root + "bin/rustc",
                          "case \"$1\" in --version) echo rustc 1.85.0;; *) echo '" + libdir + "';; esac\n");
    co_return;
  };
  run_task(io_, install_rust(target_, search, unpack));
  EXPECT_THAT(asked_for, AllOf(Contains("rustc-web"), Contains("libstd-rust-web-dev:arm64")));
  const auto found = find(Language::rust);
  ASSERT_TRUE(found) << found.error().why;
  EXPECT_EQ(found->version, "rustc 1.85.0");
  EXPECT_THAT(found->spec.flags, AllOf(Contains("--sysroot"),
                                       Contains("linker=" + (folder_.path() / "bin/aarch64-linux-gnu-gcc").string())));
  EXPECT_THAT(found->env,
              Contains("LD_LIBRARY_PATH=" + (folder_.path() / "cache/rust/amd64/rustc-web/usr/lib/x86_64-linux-gnu").string()));
  asked_for.clear();
  run_task(io_, install_rust(target_, search, unpack));
  EXPECT_TRUE(asked_for.empty()) << "installed again";
}

TEST_F(Toolchains, RustHalfUnpackedDoesNotCount) {
  good_compiler("aarch64-linux-gnu-gcc");
  folder_.write("cache/rust/amd64/rustc-web/usr/lib/rustlib/aarch64-unknown-linux-gnu/lib/libstd-1.rlib", "");
  folder_.write_program("cache/rust/amd64/rustc-web/usr/bin/rustc", "echo rustc 1.85.0\n");
  EXPECT_THAT(find(Language::rust).error().why, HasSubstr("there is no rustc with its standard library"));
}

TEST(CompilerCheck, ReadsMacrosAndThePathOfStdio) {
  CompilerFacts facts;
  read_macros("#define A 1\n#define B\n#define F(x) y\nnoise\n", facts);
  read_headers("noise\n. /usr/x/include/stdio.h\n.. /usr/x/include/features.h\n", facts);
  EXPECT_THAT(facts.macros, ElementsAre(testing::Pair("A", "1"), testing::Pair("B", ""), testing::Pair("F(x)", "y")));
  EXPECT_EQ(facts.stdio, "/usr/x/include/stdio.h");
}

TEST(IdentityCache, KeepsAnAnswerUntilTheStampChanges) {
  const TargetFolder folder;
  const IdentityCache cache(folder.path() / "ids");
  EXPECT_FALSE(cache.find("/bin/x 1 2", "q"));
  cache.keep("/bin/x 1 2", "q", {{"version", "1"}});
  EXPECT_EQ(cache.find("/bin/x 1 2", "q")->at("version"), "1");
  EXPECT_FALSE(cache.find("/bin/x 1 3", "q"));
  EXPECT_FALSE(cache.find("/bin/x 1 2", "other"));
}

TEST(IdentityCache, TakesABrokenFileForNone) {
  const TargetFolder folder;
  const IdentityCache cache(folder.path());
  cache.keep("/bin/x 1 2", "q", {{"version", "1"}});
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    std::ofstream(entry.path()) << "{\"stamp\": ";
  EXPECT_FALSE(cache.find("/bin/x 1 2", "q"));
}

TEST(IdentityCache, AFolderThatCannotBeWrittenIsNoTrouble) {
  const IdentityCache cache("/proc/nowhere");
  EXPECT_NO_THROW(cache.keep("/bin/x 1 2", "q", {}));
  EXPECT_FALSE(cache.find("/bin/x 1 2", "q"));
}

}  // namespace
}  // namespace xtest
