// SPDX-License-Identifier: Apache-2.0
#include "targets/load.h"

#include "tests/unit/targets/target_files.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Load : public testing::Test {
 protected:
  // The error of loading TRIPLE "x-y-z" whose file holds `text`.
  std::string error_in(const std::string& text) {
    folder_.write("x-y-z.yaml", text);
    return error_of([&] { TargetLibrary({folder_.path()}).find("x-y-z"); });
  }
  std::string error_after(const std::string& more) { return error_in(small_target("x-y-z", more)); }

  TargetFolder folder_;
};

TEST_F(Load, FindsATargetByItsTripleAndByAnyAlias) {
  folder_.write("x-y-z.yaml", small_target("x-y-z", "aliases: [x-z, zos/x]\n"));
  const TargetLibrary library({folder_.path()});
  EXPECT_EQ(library.find("x-y-z").triple, "x-y-z");
  EXPECT_EQ(&library.find("zos/x"), &library.find("x-y-z"));
}

TEST_F(Load, ReadsOnlyTheFileThatIsAskedFor) {
  folder_.write("x-y-z.yaml", small_target("x-y-z", "aliases: [x-z]\n"));
  folder_.write("broken.yaml", "triple: [\n");
  const TargetLibrary library({folder_.path()});
  EXPECT_EQ(library.find("x-y-z").triple, "x-y-z");
  EXPECT_EQ(library.find("x-z").triple, "x-y-z");
  EXPECT_THAT(error_of([&] { library.all(); }), HasSubstr("broken.yaml:"));
}

TEST_F(Load, NamesTheNearestTargetsForAnUnknownTriple) {
  const TargetLibrary library({built_in_targets()});
  const auto error = error_of([&] { library.find("aarch64-unknow-linux-gnu"); });
  EXPECT_THAT(error,
              AllOf(HasSubstr("unknown target 'aarch64-unknow-linux-gnu'"), HasSubstr("aarch64-unknown-linux-gnu")));
  EXPECT_THAT(error_of([&] { library.find("arm-linux"); }), HasSubstr("did you mean arm-linux-gnueabihf"));
}

TEST_F(Load, ListsNamesWithoutBases) {
  folder_.write("x-y-z.yaml", small_target("x-y-z"));
  folder_.write("_base.yaml", "arch: x86_64\n");
  EXPECT_THAT(TargetLibrary({folder_.path()}).names(), ElementsAre("x-y-z"));
  EXPECT_THAT(error_of([&] { TargetLibrary({folder_.path()}).find("_base"); }), HasSubstr("unknown target '_base'"));
}

TEST_F(Load, ReadsASingleFileOfAnyName) {
  const auto file = folder_.write("my port.yaml", small_target("x-y-z"));
  EXPECT_EQ(TargetLibrary({built_in_targets()}, {file}).find("x-y-z").where.file, file.string());
}

TEST_F(Load, RefusesAMissingFolderOrFile) {
  EXPECT_THAT(error_of([&] { TargetLibrary({folder_.path() / "none"}); }),
              HasSubstr("none: cannot read this folder of targets"));
  EXPECT_THAT(error_of([&] { TargetLibrary({}, {folder_.path() / "none.yaml"}); }), HasSubstr("none.yaml"));
}

TEST_F(Load, RefusesATripleThatTwoFilesDefine) {
  const auto file = folder_.write("mine.yaml", small_target("s390x-unknown-linux-gnu"));
  const auto error = error_of([&] { TargetLibrary({built_in_targets()}, {file}); });
  EXPECT_THAT(error, AllOf(HasSubstr("mine.yaml:1:1"), HasSubstr("already defined by"),
                           HasSubstr("data/s390x-unknown-linux-gnu.yaml")));
}

TEST_F(Load, RefusesAnAliasThatTwoTargetsClaim) {
  folder_.write("a-b-c.yaml", small_target("a-b-c", "aliases: [same]\n"));
  folder_.write("x-y-z.yaml", small_target("x-y-z", "aliases: [x-z, same]\n"));
  const TargetLibrary library({folder_.path()});
  const auto error = error_of([&] { library.find("same"); });
  EXPECT_THAT(error,
              AllOf(HasSubstr("x-y-z.yaml:7:16: 'same' is also a name of the target in"), HasSubstr("a-b-c.yaml")));
  EXPECT_EQ(error_of([&] { library.all(); }), error);
}

TEST_F(Load, RefusesAUsersAliasThatIsABuiltInTriple) {
  const auto file = folder_.write("mine.yaml", small_target("x-y-z", "aliases: [s390x-unknown-linux-gnu]\n"));
  const TargetLibrary library({built_in_targets()}, {file});
  EXPECT_THAT(error_of([&] { library.find("s390x-unknown-linux-gnu"); }), HasSubstr("is also a name of the target in"));
}

TEST_F(Load, RefusesAFileWhoseNameIsNotItsTriple) {
  EXPECT_THAT(error_in(small_target("a-b-c")),
              AllOf(HasSubstr("x-y-z.yaml:1:9"), HasSubstr("call the file a-b-c.yaml")));
}

TEST_F(Load, MergesMapsAndReplacesListsOfTheTargetItExtends) {
  folder_.write(
      "_base.yaml",
      "arch: s390x\nlinks: [dynamic, static]\nfeatures: [linux, threads]\n"
      "compilers:\n  c: {try: [one], flags: [-a], links: {dynamic: [], static: [-static]}, env: {A: 1, B: 2}}\n"
      "files: {bits: 64, order: big, machine: s390, needed: [libc.so.6]}\n");
  folder_.write("x-y-z.yaml",
                "triple: x-y-z\nextends: _base\nfeatures: [+tls, -threads]\n"
                "compilers:\n  c: {flags: [-b], links: {static: [-s]}, env: {B: 3}}\nfiles: {interp: /lib/ld}\n");
  const TargetLibrary library({folder_.path()});
  const auto& target = library.find("x-y-z");
  const auto& c = target.compilers.at(Language::c);
  EXPECT_THAT(c.try_names, ElementsAre("one"));
  EXPECT_THAT(c.flags, ElementsAre("-b"));
  EXPECT_THAT(c.link_flags.at("static"), ElementsAre("-s"));
  EXPECT_TRUE(c.link_flags.contains("dynamic"));
  EXPECT_EQ(c.env.at("A") + c.env.at("B"), "13");
  EXPECT_EQ(target.files.interp, "/lib/ld");
  EXPECT_THAT(target.files.needed, ElementsAre("libc.so.6"));
  EXPECT_THAT(target.features,
              AllOf(Contains("tls"), Contains("linux"), Contains("big-endian"), Not(Contains("threads"))));
}

TEST_F(Load, DerivesTheWordsAnewForATargetThatExtendsAnother) {
  folder_.write("x-y-z.yaml", small_target("x-y-z"));
  folder_.write("x-y-w.yaml", "triple: x-y-w\nextends: x-y-z\narch: i686\nfiles: {bits: 32, machine: i386}\n");
  const TargetLibrary library({folder_.path()});
  const auto& features = library.find("x-y-w").features;
  EXPECT_THAT(features, AllOf(Contains("32-bit"), Contains("i686"), Not(Contains("64-bit")), Not(Contains("x86_64"))));
  EXPECT_TRUE(library.find("x-y-w").aliases.empty());
}

TEST_F(Load, NamesTheCircleOfExtends) {
  folder_.write("_a.yaml", "extends: _b\n");
  folder_.write("_b.yaml", "extends: _a\n");
  const auto error = error_in("triple: x-y-z\nextends: _a\n");
  EXPECT_THAT(error, AllOf(HasSubstr("_b.yaml:1:10"), HasSubstr("circle: x-y-z -> _a -> _b -> _a")));
}

TEST_F(Load, RefusesToExtendItself) {
  EXPECT_THAT(error_in("triple: x-y-z\nextends: x-y-z\n"), HasSubstr("circle: x-y-z -> x-y-z"));
}

TEST_F(Load, NamesTheNearestFileForAnUnknownParent) {
  folder_.write("_linux.yaml", "arch: x86_64\n");
  EXPECT_THAT(error_in("triple: x-y-z\nextends: _linx\n"),
              AllOf(HasSubstr("x-y-z.yaml:2:10"), HasSubstr("did you mean _linux")));
}

TEST_F(Load, NamesTheNearestKeyForATypo) {
  EXPECT_THAT(error_after("featurs: [linux]\n"), AllOf(HasSubstr("x-y-z.yaml:7:1"), HasSubstr("features")));
}

TEST_F(Load, RefusesUnknownWordsWithTheNearestKnownOne) {
  EXPECT_THAT(error_after("features: [linux, thread]\n"),
              AllOf(HasSubstr(":7:19"), HasSubstr("did you mean 'threads'?")));
  EXPECT_THAT(error_after("executors: [{name: qemu}]\n"),
              AllOf(HasSubstr(":7:20"), HasSubstr("unknown executor 'qemu'")));
  EXPECT_THAT(error_after("packages: {debian: {amd64: {executor:win: [a]}}}\n"),
              HasSubstr("did you mean 'executor:wine'?"));
  EXPECT_THAT(error_in("triple: x-y-z\ncompilers: {c++: {try: [g++]}}\n"),
              HasSubstr("unknown language 'c++': known are c, cxx"));
  EXPECT_THAT(error_in("triple: x-y-z\nlinks: [dynamic, statik]\n"), HasSubstr("did you mean 'static'?"));
}

TEST_F(Load, RefusesFeaturesThatFollowFromOtherKeys) {
  EXPECT_THAT(error_after("features: [64-bit]\n"), HasSubstr("'64-bit' cannot be written here"));
  EXPECT_THAT(error_after("features: [binfmt]\n"), HasSubstr("told by the machine"));
  EXPECT_THAT(error_after("features: [linux, +tls]\n"), HasSubstr("mixes words with +words"));
}

TEST_F(Load, RefusesWrongTypesAndValues) {
  EXPECT_THAT(error_after("executors: qemu-user\n"), HasSubstr(":7:12"));
  EXPECT_THAT(error_after("aliases: [a b]\n"), HasSubstr("'a b' is no spelling of a target"));
  EXPECT_THAT(error_after("executors: [{name: wine, settings: {magic: x}}]\n"), HasSubstr("magic"));
  EXPECT_THAT(error_after("executors: [{name: qemu-user, settings: {cpu: max}}]\n"), HasSubstr("cpu"));
  EXPECT_THAT(error_after("executors: [{name: wine}, {name: wine}]\n"), HasSubstr("is there twice"));
  EXPECT_THAT(error_after("packages: {debian: {amd64: {c: [\"a b\"]}}}\n"), HasSubstr("'a b' is no name of a package"));
}

TEST_F(Load, RefusesExpectationsThatCanNeverHold) {
  const auto with_files = [](const std::string& files) {
    return "triple: x-y-z\narch: x86_64\nlinks: [static]\ncompilers:\n  c: {try: [cc], links: {static: []}}\n"
           "files: {" + files + "}\n";
  };
  EXPECT_THAT(error_in(with_files("bits: 48, order: little, machine: x86_64")), HasSubstr("bits must be 32 or 64"));
  EXPECT_THAT(error_in(with_files("machine: aarch65")), HasSubstr("unknown machine 'aarch65'"));
  EXPECT_THAT(error_in(with_files("order: middle")), HasSubstr("'middle' is not one of little, big"));
  EXPECT_THAT(error_in(with_files("flags: {mask: 0x0f, value: 0x10}")), HasSubstr("it can never match"));
  EXPECT_THAT(error_in(with_files("flags: {mask: 0xgg, value: 0}")), HasSubstr("not a 32-bit number"));
  EXPECT_THAT(error_in(with_files("bits: 64")), HasSubstr("files lacks bits, order or machine"));
}

TEST_F(Load, SaysWhatATargetLacks) {
  EXPECT_THAT(error_in("title: x\n"), HasSubstr("triple"));
  EXPECT_THAT(error_in("triple: x-y-z\n"), HasSubstr("has no arch"));
  EXPECT_THAT(error_in("triple: x-y-z\narch: x\nlinks: [static]\n"), HasSubstr("has no compilers"));
  EXPECT_THAT(
      error_in("triple: x-y-z\narch: x\nlinks: [static, dynamic]\ncompilers: {c: {try: [cc], links: {static: []}}}\n"
               "files: {bits: 64, order: little, machine: x86_64}\n"),
      HasSubstr("no compiler says how to link 'dynamic'"));
}

TEST_F(Load, AnAbsentLanguageComesBackWithItsOwnProgram) {
  folder_.write("x-y-z.yaml", small_target("x-y-z"));
  folder_.write("x-y-v.yaml", "triple: x-y-v\nextends: x-y-z\ncompilers: {cxx: {absent: none yet}}\n");
  folder_.write("x-y-w.yaml", "triple: x-y-w\nextends: x-y-v\ncompilers: {cxx: {try: [c++], links: {static: []}}}\n");
  const TargetLibrary library({folder_.path()});
  EXPECT_EQ(library.find("x-y-v").compilers.at(Language::cxx).absent, "none yet");
  EXPECT_THAT(library.find("x-y-v").features, Not(Contains("cxx")));
  EXPECT_EQ(library.find("x-y-w").compilers.at(Language::cxx).absent, "");
  EXPECT_THAT(library.find("x-y-w").features, Contains("cxx"));
}

}  // namespace
}  // namespace xtest
