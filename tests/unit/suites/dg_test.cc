// SPDX-License-Identifier: Apache-2.0
// Directives as they stand in gcc.c-torture/execute, followed on targets that they were written for and against.
#include "suites/dg.h"

#include "tests/support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Dg : public testing::Test {
 protected:
  Dg() {
    machine.triples = {"x86_64-unknown-linux-gnu", "x86_64-linux-gnu"};
    machine.flags = {"-w", "-O1"};
    machine.has = [this](const std::string& keyword, const Position&) {
      asked.insert(keyword);
      return has.contains(keyword);
    };
  }
  DgVerdict follow(const std::string& source) { return follow_dg(read_dg(source, "a.c"), machine); }
  std::string skip(const std::string& source) { return follow(source).skip; }
  std::string wrong(const std::string& source) {
    return error_of([&] { follow(source); });
  }

  DgMachine machine;
  std::set<std::string> has, asked;
};

TEST_F(Dg, FindsDirectivesAsDejaGnuDoes) {
  const auto found = read_dg("int x; /* { dg-do run } */\n// { dg-require-effective-target alloca }\n"
                             "/* { dg-skip-if \"requires io\" { freestanding } }  */\n"
                             "   { dg-prune-output \"warning: warning: \\[^\\n\\r\\]* possibly used unsafely\" }\n"
                             "{dg-do-what-default}\n{ dg-do}\ndg-do run\n/* { dg-require-stack-size \"40000 * 4 + 256\" } */",
                             "a.c");
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0].name, "dg-do");
  EXPECT_THAT(found[0].words, ElementsAre("run"));
  EXPECT_EQ(to_string(found[0].where), "a.c:1:13");
  EXPECT_THAT(found[1].words, ElementsAre("alloca"));
  EXPECT_THAT(found[2].words, ElementsAre("requires io", " freestanding "));
  EXPECT_EQ(found[2].text, "dg-skip-if \"requires io\" { freestanding }");
  EXPECT_THAT(found[3].words, ElementsAre("warning: warning: [^\n\r]* possibly used unsafely"));
  EXPECT_THAT(found[4].words, ElementsAre("40000 * 4 + 256"));
}

TEST_F(Dg, SaysWhichListNeverEnds) {
  EXPECT_THAT(wrong("\n/* { dg-options \"-w } */"), HasSubstr("a.c:2:6: a \" in this directive is never closed"));
  EXPECT_THAT(wrong("/* { dg-do run { target { ! x } } */"), HasSubstr("a { in this directive is never closed"));
}

TEST_F(Dg, OptionsReplaceThoseBeforeAndFurtherOnesAreAdded) {
  EXPECT_THAT(follow("/* { dg-options \"-fgnu89-inline -Wno-pointer-to-int-cast\" } */").options, ElementsAre("-fgnu89-inline", "-Wno-pointer-to-int-cast"));
  EXPECT_THAT(follow("/* { dg-options { \"-fwrapv\" } } */").options, ElementsAre("-fwrapv"));
  EXPECT_THAT(follow("/* { dg-options \"-O2\" } */\n/* { dg-additional-options \"-fno-common\" } */\n"
                     "/* { dg-additional-options \"-fno-common\" { target hppa*-*-hpux* } } */").options,
              ElementsAre("-O2", "-fno-common"));
  EXPECT_THAT(follow("/* { dg-additional-options \"-a\" } */\n/* { dg-options \"-b\" } */").options, ElementsAre("-b"));
}

TEST_F(Dg, OptionsAreForTheTargetsThatAreSelected) {
  const std::string stv = "/* { dg-additional-options \"-mno-stv\" { target i?86-*-* x86_64-*-* } } */";
  const std::string tune = "/* { dg-options \"-mtune=i686\" { target { { i?86-*-* x86_64-*-* } && ia32 } } } */";
  const std::string suppress = "/* { dg-additional-options \"-DSIGNAL_SUPPRESS\" { target { ! signal } } } */";
  EXPECT_THAT(follow(stv).options, ElementsAre("-mno-stv"));
  EXPECT_THAT(follow(tune).options, IsEmpty());
  EXPECT_THAT(follow(suppress).options, ElementsAre("-DSIGNAL_SUPPRESS"));
  has = {"ia32", "signal"};
  EXPECT_THAT(follow(tune).options, ElementsAre("-mtune=i686"));
  EXPECT_THAT(follow(suppress).options, IsEmpty());
  machine.triples = {"aarch64-unknown-linux-gnu"};
  EXPECT_THAT(follow(stv).options, IsEmpty());
  EXPECT_THAT(follow(tune).options, IsEmpty());
}

TEST_F(Dg, AddsTheOptionsThatAFeatureWantsOnATarget) {
  const std::string source = "/* { dg-add-options ieee } */\n/* { dg-add-options stack_size } */";
  EXPECT_THAT(follow(source).options, IsEmpty());
  machine.triples = {"alpha-unknown-linux-gnu"};
  EXPECT_THAT(follow(source).options, ElementsAre("-mieee"));
  EXPECT_THAT(wrong("/* { dg-add-options no_such } */"), HasSubstr("a.c:1:6: dg-add-options: no options are known for 'no_such'"));
}

TEST_F(Dg, SkipsWhatTheTargetLacksInTheSuitesOwnWords) {
  EXPECT_EQ(skip("/* { dg-require-effective-target int128 } */"), "dg-require-effective-target int128");
  EXPECT_EQ(skip("/* { dg-require-alias \"\" } */"), "dg-require-alias \"\"");
  EXPECT_EQ(skip("/* { dg-require-weak \"\" } */\n/* { dg-require-fork \"\" } */"), "dg-require-weak \"\"");
  EXPECT_EQ(skip("/* { dg-require-effective-target int128 { target s390x-*-* } } */"), "");
  has = {"int128", "alias"};
  EXPECT_EQ(skip("/* { dg-require-effective-target int128 } */\n/* { dg-require-alias \"\" } */"), "");
  EXPECT_EQ(skip("/* { dg-require-stack-size \"0x80100\" } */"), "");
}

TEST_F(Dg, SkipsByTargetAndOptions) {
  const std::string not_x86 = "/* { dg-skip-if \"\" { ! { i?86-*-* x86_64-*-* } } } */";
  const std::string optimized = "/* { dg-skip-if \"requires higher optimization\" { *-*-* } \"-O1\" \"\" } */";
  const std::string alloca = "/* { dg-skip-if \"requires alloca\" { ! alloca } { \"-O0\" } { \"\" } } */";
  EXPECT_EQ(skip(not_x86), "");
  EXPECT_EQ(skip(optimized), "dg-skip-if \"requires higher optimization\" { *-*-* } \"-O1\" \"\"");
  EXPECT_EQ(skip(alloca), "");
  EXPECT_EQ(skip("/* { dg-skip-if \"signed zero not supported\" { \"vax-*-*\" } } */"), "");
  machine.triples = {"aarch64-unknown-linux-gnu"};
  machine.flags = {"-O0"};
  EXPECT_NE(skip(not_x86), "");
  EXPECT_EQ(skip(optimized), "");
  EXPECT_NE(skip(alloca), "");
}

TEST_F(Dg, OptionListsAreSetsOfWhichOneHasToBeThereWhole) {
  const auto skips = [&](const std::string& lists) { return !skip("/* { dg-skip-if \"x\" { *-*-* } " + lists + " } */").empty(); };
  EXPECT_TRUE(skips("{ \"*\" } { \"\" }"));
  EXPECT_TRUE(skips("{ \"-O2\" \"-O?\" } { \"\" }"));
  EXPECT_FALSE(skips("{ \"-O1 -g\" } { \"\" }"));
  EXPECT_TRUE(skips("{ \"-O1 -w\" } { \"-g\" }"));
  EXPECT_FALSE(skips("{ \"*\" } { \"-O*\" }"));
  const std::string after = "/* { dg-options \"-fomit-frame-pointer\" } */\n/* { dg-skip-if \"\" { *-*-* } \"-fomit-frame-pointer\" \"\" } */";
  EXPECT_NE(skip(after), "");
  EXPECT_EQ(skip("/* { dg-skip-if \"\" { any-opts \"-O3\" } } */"), "");
  EXPECT_NE(skip("/* { dg-skip-if \"\" { no-opts \"-O3\" } } */"), "");
}

TEST_F(Dg, ExpectsAFailureWhereTheSuiteDoes) {
  const std::string scheduling = "/* { dg-xfail-if \"alias analysis conflicts with instruction scheduling\" { m32r-*-* } { \"-O2\" \"-O1\" \"-O0\" \"-Os\"} { \"\" } } */";
  EXPECT_EQ(follow(scheduling).xfail, "");
  EXPECT_EQ(follow("/* { dg-do run { xfail x86_64-*-linux* } } */").xfail, "dg-do run { xfail x86_64-*-linux* }");
  EXPECT_EQ(follow("/* { dg-xfail-run-if \"\" { powerpc-ibm-aix* } } */").xfail, "");
  machine.triples = {"m32r-unknown-elf"};
  EXPECT_NE(follow(scheduling).xfail, "");
  // What it is compiled with is known at the end of the file only.
  EXPECT_EQ(follow("/* { dg-xfail-if \"\" { *-*-* } \"-O3\" \"\" } */\n/* { dg-options \"-O3\" } */").xfail, "dg-xfail-if \"\" { *-*-* } \"-O3\" \"\"");
}

TEST_F(Dg, RunsOnlyOnSelectedTargetsAndOnlyWhatIsRun) {
  EXPECT_EQ(skip("/* { dg-do run } */"), "");
  EXPECT_EQ(skip("/* { dg-do compile } */"), "dg-do compile");
  EXPECT_EQ(skip("/* { dg-do run { target s390x-*-* } } */"), "dg-do run { target s390x-*-* }");
  EXPECT_EQ(skip("/* { dg-do run { target s390x-*-* } } */\n/* { dg-do run { target *-*-linux* } } */"), "");
  EXPECT_EQ(follow("/* { dg-do run { target *-*-linux* xfail lp64 } } */").xfail, "");
  has = {"lp64"};
  EXPECT_NE(follow("/* { dg-do run { target *-*-linux* xfail lp64 } } */").xfail, "");
}

TEST_F(Dg, LearnsAllKeywordsAtOnce) {
  follow("/* { dg-require-effective-target int128 { target { lp64 || { ! ilp32 } } } } */\n"
         "/* { dg-skip-if \"\" { { mmap && fork } || s390x-*-* } } */\n/* { dg-require-effective-target int32plus } */");
  EXPECT_THAT(asked, UnorderedElementsAre("int128", "lp64", "ilp32", "mmap", "fork", "int32plus"));
}

TEST_F(Dg, WhatIsNotJudgedIsASkipAndWhatNobodyKnowsAnError) {
  EXPECT_EQ(skip("x; /* { dg-error \"expected\" } */"), "dg-error \"expected\"");
  EXPECT_EQ(skip("/* { dg-final { scan-assembler \"x\" } } */"), "dg-final { scan-assembler \"x\" }");
  EXPECT_EQ(skip("{ dg-prune-output \"warning\" }"), "");
  EXPECT_THAT(wrong("\n\n  { dg-frobnicate \"x\" }"), HasSubstr("a.c:3:5: dg-frobnicate: nobody here knows this directive"));
  EXPECT_THAT(wrong("/* { dg-options \"-I$srcdir\" } */"), HasSubstr("Tcl code"));
  EXPECT_THAT(wrong("/* { dg-skip-if \"no selector\" } */"), HasSubstr("wants a comment, a selector"));
  EXPECT_THAT(wrong("/* { dg-skip-if \"\" { a && b || c } } */"), HasSubstr("'&&'"));
  EXPECT_THAT(wrong("/* { dg-options \"-w\" { lp64 } } */"), HasSubstr("' lp64 ' is no selector"));
}

}  // namespace
}  // namespace xtest
