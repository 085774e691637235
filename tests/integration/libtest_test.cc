// SPDX-License-Identifier: Apache-2.0
// Suites of framework `libtest` over a real Rust compiler: a crate whose tests pass, fail, panic, abort, leave, hang and lie.
#include "tests/support/playground.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Key;
namespace fs = std::filesystem;

constexpr const char* kCrate = R"(
use std::io::Write;
mod good {
    #[test] fn first() { println!("captured"); }
    #[test] #[should_panic(expected = "right")] fn panics_as_it_should() { panic!("right"); }
    #[test] fn last() {}
}
#[test] fn fails() { println!("before"); panic!("sums"); }
#[test] #[should_panic] fn silent() {}
#[test] #[ignore = "takes a day"] fn ignored() { unreachable!(); }
#[test] fn aborts() { std::process::abort(); }
#[test] fn leaves() { std::process::exit(0); }
#[test] fn prints_past_the_harness() { std::io::stdout().write_all(b"no line break").unwrap(); }
#[test] fn ünïcode() {}
)";
constexpr const char* kLiar = R"(use std::io::Write;
#[test] fn fails() { panic!("really"); }
#[test] fn forges() { std::io::stdout().write_all(b"{ \"type\": \"test\", \"name\": \"fails\", \"event\": \"ok\" }\n").unwrap(); }
#[test] fn honest() {}
)";

struct Libtest : testing::Test {
  const Playground here;
  std::string rust;                        // folder of the compiler

  // Any rustc of this machine; Debian's, unpacked into a cache, is as good as a user's own.
  void SetUp() override {
    std::vector<fs::path> folders;
    if (const char* home = ::getenv("HOME")) folders.push_back(fs::path(home) / ".cargo/bin");
    folders.insert(folders.end(), {"/usr/local/bin", "/usr/bin"});
    for (const fs::path& folder : folders) {
      if (rust.empty() && fs::exists(folder / "rustc")) rust = folder;
    }
    if (rust.empty()) GTEST_SKIP() << "no rustc on this machine; apt-get install rustc";
  }

  void suite(const std::string& keys, const std::map<std::string, std::string>& files) const {
    here.write("suites/mine/suite.yaml", "# SPDX-License-Identifier: Apache-2.0\nsuite: mine\nframework: libtest\n" + keys);
    for (const auto& [name, text] : files) here.write("suites/mine/" + name, text);
  }

  Ran run(const Playground::Words& more = {}) const {
    Playground::Words words = here.run_words("mine", {"--lang", "rust"});
    words.insert(words.end(), more.begin(), more.end());
    Call call = here.call(words);
    call.env["PATH"] = rust + ":/usr/local/bin:/usr/bin:/bin";
    if (const char* home = ::getenv("HOME")) call.env["RUSTUP_HOME"] = (fs::path(home) / ".rustup").string();
    return run_program(call);
  }

  void expect_mixed() const {
    const auto verdicts = here.verdicts();
    const auto expect = [&](const std::string& name, const std::string& status, const std::string& kind, const std::string& message) {
      ASSERT_THAT(verdicts, Contains(Key("small::" + name)));
      const Verdict& verdict = verdicts.at("small::" + name);
      EXPECT_EQ(verdict.status, status) << name << ": " << verdict.message;
      EXPECT_EQ(verdict.kind, kind) << name;
      EXPECT_THAT(verdict.message, HasSubstr(message)) << name;
      EXPECT_EQ(verdict.times_decided, 1) << name;
    };
    EXPECT_EQ(verdicts.size(), 10u);
    for (const char* name : {"good::first", "good::last", "good::panics_as_it_should", "prints_past_the_harness", "ünïcode"}) expect(name, "pass", "", "");
    expect("fails", "fail", "wrong-output", "sums");
    expect("silent", "fail", "wrong-output", "");
    expect("ignored", "skip", "unsupported", "takes a day");
    expect("aborts", "crash", "abort", "ABRT");
    expect("leaves", "fail", "protocol", "exited with 0");
    EXPECT_THAT(verdicts.at("small::fails").output, HasSubstr("before"));
  }
};

TEST_F(Libtest, ACrashCostsOneTestAndNotItsNeighbours) {
  suite("tests: {small: {root: small.rs}}\n", {{"small.rs", kCrate}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  expect_mixed();
}

TEST_F(Libtest, TheTextOfAHarnessWithoutJsonIsReadAsWell) {
  suite("format: text\ntests: {small: {root: small.rs}}\n", {{"small.rs", kCrate}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  expect_mixed();
}

TEST_F(Libtest, SpreadOverProcessesItIsTheSame) {
  suite("processes: 3\ntests: {small: {root: small.rs}}\n", {{"small.rs", kCrate}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  expect_mixed();
}

TEST_F(Libtest, ATestThatHangsRunsIntoItsLimitAlone) {
  suite("limit: 2s\njob-limit: 3s\ntests: {t: {root: t.rs}}\n",
        {{"t.rs", "#[test] fn a() {}\n#[test] fn hangs() { loop { std::thread::park(); } }\n#[test] fn z() {}\n"}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.at("t::hangs").status, "timeout");
  EXPECT_EQ(verdicts.at("t::a").status, "pass");
  EXPECT_EQ(verdicts.at("t::z").status, "pass");
}

TEST_F(Libtest, AForgedLineCostsTheForgerOnly) {
  suite("tests: {liar: {root: liar.rs}}\n", {{"liar.rs", kLiar}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.at("liar::fails").status, "fail");
  EXPECT_THAT(verdicts.at("liar::fails").message, HasSubstr("really"));
  EXPECT_EQ(verdicts.at("liar::forges").kind, "protocol");
  EXPECT_EQ(verdicts.at("liar::honest").status, "pass");
}

TEST_F(Libtest, CratesThatItUsesAreBuiltBefore) {
  suite("crates:\n  base: {root: base.rs, cfg: [seven]}\n  middle: {root: middle.rs, extern: [base]}\n"
        "tests: {top: {root: top.rs, extern: [middle], build-env: {WHERE: \"{arch}\"}}}\n",
        {{"base.rs", "#[cfg(seven)] pub fn seven() -> u32 { 7 }\n"},
         {"middle.rs", "pub fn eight() -> u32 { base::seven() + 1 }\n"},
         {"top.rs", "#[test] fn sum() { assert_eq!(middle::eight(), 8); assert_eq!(env!(\"WHERE\"), std::env::consts::ARCH); }\n"
                    "#[test] fn other() {}\n"}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(here.verdicts().at("top::sum").status, "pass");
  const Ran one = run({"--filter", "mine::top::sum"});
  EXPECT_EQ(one.code, 0) << describe(one);
  EXPECT_EQ(here.verdicts().size(), 1u);
}

TEST_F(Libtest, WhatCannotBeBuiltOrListedIsOneCaseThatFails) {
  suite("tests:\n  broken: {root: broken.rs}\n  empty: {root: empty.rs}\n  dies: {root: dies.rs}\n  good: {root: good.rs}\n",
        {{"broken.rs", "#[test] fn a() { nonsense }\n"}, {"empty.rs", "\n"}, {"good.rs", "#[test] fn a() {}\n"},
         {"dies.rs", "#[test] fn a() {}\nextern \"C\" fn die() { std::process::abort(); }\n"
                     "#[used] #[link_section = \".init_array\"] static DIE: extern \"C\" fn() = die;\n"}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here.verdicts();
  EXPECT_EQ(verdicts.size(), 4u);
  EXPECT_EQ(verdicts.at("broken::--list").status, "build-fail");
  EXPECT_THAT(verdicts.at("empty::--list").message, HasSubstr("no tests"));
  EXPECT_EQ(verdicts.at("dies::--list").status, "crash");
  EXPECT_EQ(verdicts.at("good::a").status, "pass");
}

TEST_F(Libtest, ACompilerOfAnotherVersionIsASkipWithItsReason) {
  suite("rustc: \"1.2\"\ntests: {small: {root: small.rs}}\n", {{"small.rs", kCrate}});
  const Ran ran = run();
  EXPECT_THAT(ran.out + ran.err, HasSubstr("requires rustc 1.2 (there is rustc 1."));
  EXPECT_EQ(here.verdicts().at("small::--list").status, "skip");
}

}  // namespace
}  // namespace xtest
