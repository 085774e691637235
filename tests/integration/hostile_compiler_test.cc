// SPDX-License-Identifier: Apache-2.0
// Compilers that do their worst, and toolchains that are not what they seem.
#include <gmock/gmock.h>

#include "tests/support/playground.h"

namespace xtest {
namespace {

using testing::HasSubstr;

constexpr int kUsage = 2, kOnlyBuilds = 101;

const std::string kGood = "int main(void) { return 0; }\n";

// A compiler that is right until it is asked to make a.c, and then does `trick`.
Call with_compiler(const Playground& here, const std::string& trick, const std::string& suite_keys = "") {
  here.suite("mine", {{"a.c", kGood}, {"b.c", kGood}}, suite_keys);
  here.write("bin/odd-gcc", "#!/bin/sh\ncase \"$*\" in *mine/a.c*) " + trick + ";; esac\nexec gcc \"$@\"\n");
  const auto file = here.target("odd-unknown-linux-gnu", "aliases: []\ncompilers:\n  c: {try: [odd-gcc], dumpmachine: [x86_64-linux-gnu, aarch64-linux-gnu]}\n");
  Call call = here.call(here.run_words("mine", {"--target-file", file.string()}, "odd-unknown-linux-gnu"));
  call.env["PATH"] = (here.folder() / "bin").string() + ":/usr/bin:/bin";
  return call;
}

void expect_only_a_did_not_build(const Playground& here, const Ran& ran, const std::string& message) {
  EXPECT_EQ(ran.code, kOnlyBuilds) << describe(ran);
  ASSERT_FALSE(here.records().empty()) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.at("run::a.c").status, "build-fail");
  EXPECT_THAT(verdicts.at("run::a.c").message, HasSubstr(message));
  EXPECT_EQ(verdicts.at("run::b.c").status, "pass");
}

TEST(HostileCompiler, OneThatCrashesIsNamedWithItsSignal) {
  const Playground here("plain");
  expect_only_a_did_not_build(here, run_program(with_compiler(here, "kill -SEGV $$")), "SEGV");
}

TEST(HostileCompiler, OneThatHangsIsKilledAtItsLimit) {
  const Playground here("plain");
  const Ran ran = run_program(with_compiler(here, "sleep 600", "build-limit: 2s\n"));
  expect_only_a_did_not_build(here, ran, "odd-gcc");
  EXPECT_LT(ran.wall, std::chrono::seconds(60));
}

TEST(HostileCompiler, OneThatWritesAGigabyteToStderrIsReadToTheEndAndCapped) {
  const Playground here("plain");
  const Ran ran = run_program(with_compiler(here, "echo a.c:1:1: error: no >&2; head -c 1000000000 /dev/zero >&2; exit 1"));
  expect_only_a_did_not_build(here, ran, "a.c:1:1: error: no");
  std::uintmax_t kept = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(here.records().back()))
    if (entry.is_regular_file()) kept += entry.file_size();
  EXPECT_LT(kept, 16u << 20) << "bytes in the record";
}

TEST(HostileCompiler, OneThatMakesNothingAndSaysYesIsNotBelieved) {
  const Playground here("plain");
  expect_only_a_did_not_build(here, run_program(with_compiler(here, "exit 0")), "");
}

TEST(Toolchain, OneThatIsSpelledOtherwiseIsFound) {
  if (!is_there("musl-gcc")) GTEST_SKIP() << "musl-gcc is not installed";
  const Playground here;
  here.suite("mine", {{"a.c", kGood}});
  here.write("bin/x86_64-linux-musl-gcc", "#!/bin/sh\nexec musl-gcc \"$@\"\n");
  Call call = here.call(here.run_words("mine", {}, "x86_64-unknown-linux-musl"));
  call.env["PATH"] = (here.folder() / "bin").string() + ":/usr/bin:/bin";
  const Ran ran = run_program(call);
  EXPECT_EQ(ran.code, 0) << describe(ran);
  call.argv = {XTEST_BINARY, "targets", "x86_64-linux-musl"};
  EXPECT_THAT(run_program(call).out, HasSubstr("x86_64-linux-musl-gcc"));
}

TEST(Toolchain, AClangThatTakesTheHostsHeadersIsRefused) {
  if (!is_there("clang")) GTEST_SKIP() << "clang is not installed";
  const Playground here("plain");
  here.suite("mine", {{"a.c", kGood}});
  here.write("inc/gnu/stubs-32.h", "");
  here.write("bin/host-clang", "#!/bin/sh\nexec clang --target=riscv64-unknown-linux-gnu -nostdlibinc -isystem /usr/include -isystem " +
                                   (here.folder() / "inc").string() + " -isystem /usr/include/$(gcc -print-multiarch) \"$@\"\n");
  here.write("mine.yaml", "triple: mine-unknown-linux-gnu\nextends: riscv64gc-unknown-linux-gnu\naliases: []\ncompilers:\n"
                          "  c: {try: [host-clang], dumpmachine: [riscv64-unknown-linux-gnu]}\n");
  Call call = here.call(here.run_words("mine", {"--target-file", "mine.yaml"}, "mine-unknown-linux-gnu"));
  call.env["PATH"] = (here.folder() / "bin").string() + ":/usr/bin:/bin";
  const Ran ran = run_program(call);
  EXPECT_EQ(ran.code, kUsage) << describe(ran);
  EXPECT_THAT(ran.err, testing::AllOf(HasSubstr("host-clang"), HasSubstr("header")));
}

}  // namespace
}  // namespace xtest
