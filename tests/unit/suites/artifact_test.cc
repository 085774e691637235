// SPDX-License-Identifier: Apache-2.0
#include "suites/artifact.h"

#include "tests/support/suite_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ArtifactSpec spec_of(std::vector<std::filesystem::path> sources) {
  return {std::move(sources), {"-O1", "-lm"}, "static", "/w/suite/P1/c", "P1", "/src/suite"};
}

TEST(Artifact, BuildsOneCSourceInOneCommandWithADepfile) {
  const SuiteWorld world;
  const Artifact artifact =
      make_artifact(spec_of({"/src/suite/P1/a.c"}), world.toolchains.at(Language::c), world.target);
  ASSERT_EQ(artifact.builds.size(), 1u);
  const Job& job = artifact.builds[0];
  EXPECT_EQ(
      command_line(job),
      "/opt/cross/gcc -march=armv8-a -ffile-prefix-map=/src/suite=. -MD -MF /w/suite/P1/c/P1.d -o /w/suite/P1/c/P1 "
      "/src/suite/P1/a.c -O1 -lm -static -Xlinker --dependency-file=/w/suite/P1/c/P1.ld.d");
  EXPECT_EQ(artifact.program, "/w/suite/P1/c/P1");
  EXPECT_EQ(job.kind, JobKind::build);
  EXPECT_EQ(job.place, Place::host);
  EXPECT_EQ(job.outputs, std::vector{artifact.program});
  EXPECT_EQ(job.depfile, "/w/suite/P1/c/P1.d");
  EXPECT_EQ(job.link_depfile, "/w/suite/P1/c/P1.ld.d");
  EXPECT_EQ(job.tool_identity, "gcc 1.0");
  EXPECT_THAT(job.command.env, Contains("PATH=/opt/cross"));
  EXPECT_THAT(job.command.env, Contains("LC_ALL=C"));
}

TEST(Artifact, CompilesSeveralSourcesOneByOneAndLinksThem) {
  const SuiteWorld world;
  const Artifact artifact =
      make_artifact(spec_of({"/s/a.c", "/s/sub/a.c"}), world.toolchains.at(Language::c), world.target);
  ASSERT_EQ(artifact.builds.size(), 3u);
  EXPECT_THAT(command_line(artifact.builds[0]), HasSubstr(" -c -o "));
  EXPECT_THAT(command_line(artifact.builds[0]), Not(HasSubstr("-static")));
  EXPECT_NE(artifact.builds[0].outputs, artifact.builds[1].outputs);
  EXPECT_NE(artifact.builds[0].depfile, artifact.builds[1].depfile);
  EXPECT_EQ(artifact.builds[2].inputs.size(), 2u);
  EXPECT_THAT(command_line(artifact.builds[2]), HasSubstr("-O1 -lm -static"));
  EXPECT_EQ(artifact.builds.back().outputs.front(), artifact.program);
}

TEST(Artifact, PutsSharedLibrariesBesideTheProgram) {
  SuiteWorld world;
  ArtifactSpec spec = spec_of({"/s/a.c"});
  spec.link = "dynamic";
  spec.libraries = {"/s/one.c", "/s/two.c"};
  const Artifact artifact = make_artifact(spec, world.toolchains.at(Language::c), world.target);
  ASSERT_EQ(artifact.builds.size(), 3u);
  EXPECT_THAT(artifact.libraries, ElementsAre("/w/suite/P1/c/one.so", "/w/suite/P1/c/two.so"));
  EXPECT_EQ(artifact.builds[0].outputs, std::vector{artifact.libraries[0]});
  EXPECT_EQ(artifact.builds[0].link_depfile, "/w/suite/P1/c/one.so.ld.d");
  EXPECT_THAT(command_line(artifact.builds[0]),
              HasSubstr("-shared -fPIC -Wl,-soname,one.so -o /w/suite/P1/c/one.so /s/one.c"));
  const Job& program = artifact.builds[2];
  EXPECT_EQ(program.outputs, std::vector{artifact.program});
  EXPECT_THAT(program.inputs, ElementsAre("/s/a.c", artifact.libraries[0], artifact.libraries[1]));
  EXPECT_THAT(command_line(program), HasSubstr("-lm -Wl,--as-needed -Wl,-rpath,$ORIGIN /w/suite/P1/c/one.so "));
  world.target.files.format = FileFormat::pe;
  const Artifact windows = make_artifact(spec, world.toolchains.at(Language::c), world.target);
  EXPECT_EQ(windows.libraries[0], "/w/suite/P1/c/one.dll");
  EXPECT_THAT(command_line(windows.builds[0]), Not(HasSubstr("-fPIC")));
  EXPECT_THAT(command_line(windows.builds[2]), Not(HasSubstr("$ORIGIN")));
}

TEST(Artifact, BringsGoSourcesTogetherFirst) {
  const SuiteWorld world;
  ArtifactSpec spec = spec_of({"/s/P1/a.go", "/s/probe.go"});
  spec.flags = {};
  const Artifact artifact = make_artifact(spec, world.toolchains.at(Language::go), world.target);
  ASSERT_EQ(artifact.builds.size(), 2u);
  EXPECT_EQ(command_line(artifact.builds[0]), "cp -f -- /s/P1/a.go /s/probe.go /w/suite/P1/c/P1.src");
  EXPECT_EQ(artifact.builds[1].inputs, artifact.builds[0].outputs);
  EXPECT_EQ(command_line(artifact.builds[1]),
            "/opt/cross/go build -o /w/suite/P1/c/P1 /w/suite/P1/c/P1.src/a.go /w/suite/P1/c/P1.src/probe.go");
  EXPECT_THAT(artifact.builds[1].command.env, Contains("GOFLAGS=-trimpath"));
  EXPECT_THAT(artifact.builds[1].command.env, Contains("CGO_ENABLED=0"));
}

TEST(Artifact, LetsTheTargetsOwnEnvironmentWin) {
  SuiteWorld world;
  Toolchain& go = world.toolchains.at(Language::go);
  go.env = {"PATH=/x", "CGO_ENABLED=1"};
  go.spec.env = {{"GOARCH", "arm64"}, {"CGO_ENABLED", "0"}};
  const Artifact artifact = make_artifact(spec_of({"/s/a.go"}), go, world.target);
  EXPECT_THAT(artifact.builds[1].command.env, Contains("GOARCH=arm64"));
  EXPECT_THAT(artifact.builds[1].command.env, Contains("CGO_ENABLED=1"));
  EXPECT_THAT(artifact.builds[1].command.env, Not(Contains("CGO_ENABLED=0")));
}

TEST(Artifact, AsksRustForDependencies) {
  SuiteWorld world;
  Toolchain& rust = world.toolchains.at(Language::rust);
  rust.spec.triple = "aarch64-unknown-linux-gnu";
  ArtifactSpec spec = spec_of({"/s/P1/a.rs"});
  spec.flags = {"-O"};
  spec.name = "P-1.x";
  const Job build = make_artifact(spec, rust, world.target).builds.at(0);
  const std::string line = command_line(build);
  EXPECT_THAT(line, HasSubstr("-Clink-arg=-Xlinker -Clink-arg=--dependency-file=" + build.link_depfile.string()));
  EXPECT_THAT(line, HasSubstr("--target=aarch64-unknown-linux-gnu --edition=2021"));
  EXPECT_THAT(line, HasSubstr("--crate-name=P_1_x"));
  EXPECT_THAT(line, HasSubstr("--emit=link=/w/suite/P1/c/P-1.x --emit=dep-info=/w/suite/P1/c/P-1.x.d /s/P1/a.rs -O "));
  rust.spec.flags = {"--target", "x.json"};
  EXPECT_THAT(command_line(make_artifact(spec, rust, world.target).builds.at(0)), Not(HasSubstr("--target=")));
}

TEST(Artifact, IsAnExeOnWindows) {
  SuiteWorld world;
  world.target.files.format = FileFormat::pe;
  EXPECT_EQ(make_artifact(spec_of({"/s/a.c"}), world.toolchains.at(Language::c), world.target).program,
            "/w/suite/P1/c/P1.exe");
}

TEST(Artifact, OffersTheLinkKindsOfTheLanguage) {
  SuiteWorld world;
  using Kinds = std::vector<std::string>;
  EXPECT_EQ(artifact_links(world.target, Language::c), (Kinds{"dynamic", "static"}));
  EXPECT_EQ(artifact_links(world.target, Language::go), Kinds{"static"});
  world.target.links = {"static", "dynamic"};
  EXPECT_EQ(artifact_links(world.target, Language::c).front(), "static");
  world.target.compilers.erase(Language::c);
  EXPECT_EQ(artifact_links(world.target, Language::c), Kinds{"static"});
  world.target.links.clear();
  EXPECT_EQ(artifact_links(world.target, Language::c), Kinds{"dynamic"});
}

}  // namespace
}  // namespace xtest
