// SPDX-License-Identifier: Apache-2.0
// The whole of suites/inspect on what real compilers make: healthy files give no alarm, planted faults are named alone.
#include <gtest/gtest.h>

#include "tests/unit/suites/inspect_compilers.h"
#include "tests/unit/suites/inspect_support.h"

namespace xtest {
namespace {

using namespace inspect_test;

FileExpectation with(FileExpectation e, LinkKind link, Language language = Language::c) {
  e.link = link;
  e.language = language;
  return e;
}

constexpr const char* thread_locals =
    "#include <thread>\nthread_local int x = 3;\n"
    "int main(){std::thread t([]{x++; try{throw 1;}catch(int){}}); t.join(); return x - 3;}\n";

class HealthyFiles : public testing::TestWithParam<Platform> {
 protected:
  void expect_healthy(const std::string& options, LinkKind link, Language language = Language::c) {
    const Platform& platform = GetParam();
    const bool is_cxx = language == Language::cxx;
    const std::string tool = platform.gnu + (is_cxx ? "-g++" : "-gcc");
    if (!shop_.has(tool)) GTEST_SKIP() << tool << " is not installed";
    SCOPED_TRACE(tool + " " + options);
    ASSERT_TRUE(shop_.run(tool + " -O1 " + options + " hello." + (is_cxx ? "cc" : "c") + " -o out")) << shop_.log();
    const auto checks = shop_.check("out", with(platform.want, link, language));
    EXPECT_EQ(verdict(checks), "") << details(checks);
  }
  Workshop shop_;
};

TEST_P(HealthyFiles, OfKindPie) { expect_healthy("-pie -fPIE", LinkKind::pie); }
TEST_P(HealthyFiles, OfKindDynamicAtAFixedAddress) { expect_healthy("-no-pie -fno-pie", LinkKind::dynamic_exe); }
TEST_P(HealthyFiles, OfKindStatic) { expect_healthy("-static", LinkKind::static_exe); }
TEST_P(HealthyFiles, OfKindShared) { expect_healthy("-shared -fPIC", LinkKind::shared); }
TEST_P(HealthyFiles, OfKindObject) { expect_healthy("-c", LinkKind::object); }
TEST_P(HealthyFiles, OfCxx) { expect_healthy("-pie -fPIE", LinkKind::pie, Language::cxx); }
TEST_P(HealthyFiles, OfCxxStatic) { expect_healthy("-static", LinkKind::static_exe, Language::cxx); }
TEST_P(HealthyFiles, OfCxxWithThreadLocals) {
  shop_.write("hello.cc", thread_locals);
  expect_healthy("-pie -fPIE -O2 -pthread", LinkKind::pie, Language::cxx);
}
TEST_P(HealthyFiles, OfKindPieStripped) { expect_healthy("-pie -fPIE -s", LinkKind::pie); }
TEST_P(HealthyFiles, OfKindStaticStripped) { expect_healthy("-static -s", LinkKind::static_exe); }

// Debian's other cross C libraries have no rcrt1.o.
class HealthyStaticPies : public HealthyFiles {};
TEST_P(HealthyStaticPies, GiveNoAlarm) { expect_healthy("-static-pie -fPIE", LinkKind::static_pie); }

std::vector<Platform> static_pie_platforms() {
  auto platforms = gnu_platforms();
  std::erase_if(platforms, [](const Platform& one) {
    return one.name != "x86_64" && one.name != "i686" && one.name != "aarch64";
  });
  return platforms;
}

INSTANTIATE_TEST_SUITE_P(Gnu, HealthyStaticPies, testing::ValuesIn(static_pie_platforms()),
                         [](const auto& info) { return info.param.name; });
INSTANTIATE_TEST_SUITE_P(Gnu, HealthyFiles, testing::ValuesIn(gnu_platforms()),
                         [](const auto& info) { return info.param.name; });

// The two odd ones (ARM's float bits, s390's flag and byte order) and Windows; a cold build of Go's runtime takes
// seconds.
TEST(GoFiles, GiveNoAlarm) {
  const Workshop shop;
  if (!shop.has("go")) GTEST_SKIP() << "go is not installed";
  const auto platforms = gnu_platforms();
  const std::pair<std::string, FileExpectation> cases[] = {{"GOOS=linux GOARM=7 GOARCH=arm", platforms[3].want},
                                                           {"GOOS=linux GOARCH=s390x", platforms[6].want},
                                                           {"GOOS=windows GOARCH=amd64", mingw_wanted()}};
  for (const auto& [environment, want] : cases) {
    ASSERT_TRUE(
        shop.run("env CGO_ENABLED=0 GOFLAGS=-p=1 GOCACHE=\"$PWD/cache\" " + environment + " go build -o out hello.go"))
        << shop.log();
    const auto checks = shop.check("out", with(want, LinkKind::pie, Language::go));
    EXPECT_EQ(verdict(checks), "") << environment << "\n" << details(checks);
  }
}

struct Planted {
  const char* name;
  const char* command;   // makes `out`
  const char* expected;  // verdict()
  LinkKind link = LinkKind::pie;
};

void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

class PlantedFault : public testing::TestWithParam<Planted> {};

constexpr const char* discard_eh_frame = "SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT BEFORE .eh_frame;\n";
constexpr const char* keep_ctors = "SECTIONS { .ctors : { KEEP(*(.ctors)) } } INSERT AFTER .data;\n";
constexpr const char* lost_array = "SECTIONS { .init_array.lost : { KEEP(*(.mine)) } } INSERT AFTER .data;\n";

TEST_P(PlantedFault, IsNamedAlone) {
  const Workshop shop;
  const Platform native = gnu_platforms().front();
  if (!shop.has(native.gnu + "-gcc")) GTEST_SKIP() << native.gnu << "-gcc is not installed";
  shop.write("discard.ld", discard_eh_frame);
  shop.write("ctors.ld", keep_ctors);
  shop.write("lost.ld", lost_array);
  shop.write("text.s", ".text\n.globl f\nf: .quad f\n.section .note.GNU-stack,\"\",@progbits\n");
  shop.write(
      "ctor.c",
      "static void f(void){}\nvoid (*p)(void) __attribute__((section(SECTION),used))=f;\nint main(void){return 0;}\n");
  const std::string gcc = native.gnu + "-gcc -fPIE -pie -o out ";
  ASSERT_TRUE(shop.run("gcc='" + gcc + "'; " + GetParam().command)) << shop.log();
  const auto checks = shop.check("out", with(native.want, GetParam().link));
  EXPECT_EQ(verdict(checks), GetParam().expected) << details(checks);
}

INSTANTIATE_TEST_SUITE_P(
    Gnu, PlantedFault,
    testing::Values(
        Planted{"Interpreter", "$gcc hello.c -Wl,--dynamic-linker,/lib/ld-2.so", "A2:interp"},
        Planted{"SurpriseLibrary",
                "$gcc -shared -fPIC hello.c -o libx.so -Wl,-soname,libx.so && $gcc hello.c -Wl,--no-as-needed -L. -lx",
                "A3:needed"},
        Planted{"HalfStatic", "$gcc hello.c", "A3:needed", LinkKind::static_exe},
        Planted{"Rpath", "$gcc hello.c -Wl,-rpath,/home/builder/lib", "A4:rpath"},
        Planted{"OldRpath", "$gcc hello.c -Wl,--disable-new-dtags,-rpath,/home/builder/lib", "A4:rpath"},
        Planted{"NotPie", "$gcc -no-pie hello.c", "A5:pie"},
        Planted{"CtorsSection", "$gcc ctor.c '-DSECTION=\".ctors\"' -Wl,-T,ctors.ld", "A7:init-scheme"},
        Planted{"ArrayNotCovered", "$gcc ctor.c '-DSECTION=\".mine\"' -Wl,-T,lost.ld", "A7:init-count"},
        Planted{"ArrayRenamed", "$gcc hello.c && objcopy --rename-section .init_array=.other out", "A7:init-count"},
        Planted{"EhFrameDiscarded", "$gcc hello.c -Wl,-T,discard.ld", "A8:eh-frame"},
        Planted{"EhFrameHdrMissing", "$gcc hello.c -Wl,--no-eh-frame-hdr", "A8:eh-frame-hdr"},
        Planted{"TablesNotCompiled", "$gcc -fno-asynchronous-unwind-tables hello.c", "A8:fde-missing"},
        Planted{"ExecutableStack", "$gcc hello.c -Wl,-z,execstack", "A11:execstack"},
        Planted{"TextRelocations", "$gcc hello.c text.s -Wl,-z,notext", "A11:textrel"},
        Planted{"NoRelro", "$gcc hello.c -Wl,-z,norelro", "A11:relro"}),
    [](const auto& info) { return info.param.name; });

// objcopy drops PT_GNU_RELRO together with the section, so A11 is right to speak too.
TEST(PlantedByObjcopy, RemovedEhFrameIsNamed) {
  const Workshop shop;
  if (!shop.run("x86_64-linux-gnu-gcc hello.c -o out && objcopy -R .eh_frame out")) GTEST_SKIP() << shop.log();
  const auto checks = shop.check("out", with(gnu_platforms().front().want, LinkKind::pie));
  EXPECT_TRUE(verdict(checks).starts_with("A8:eh-frame")) << details(checks);
}

TEST(PlantedAbi, WrongFloatAbiIsNamedInObjectsAndPrograms) {
  const Workshop shop;
  const auto platforms = gnu_platforms();
  const std::pair<std::size_t, std::string> soft[] = {{3, "-mfloat-abi=soft"}, {4, "-march=rv64imac -mabi=lp64"}};
  shop.write("soft.c", "float f(float a){return a;}\nint _start(void){return 0;}\n");
  int tried = 0;
  for (const auto& [index, options] : soft) {
    const Platform& platform = platforms[index];
    if (!shop.has(platform.gnu + "-gcc")) continue;
    ++tried;
    ASSERT_TRUE(shop.run(platform.gnu + "-gcc " + options + " -c soft.c -o out.o")) << shop.log();
    EXPECT_EQ(verdict(shop.check("out.o", with(platform.want, LinkKind::object))), "A1:flags");
    ASSERT_TRUE(shop.run(platform.gnu + "-gcc " + options + " -nostdlib -static soft.c -o out")) << shop.log();
    EXPECT_EQ(verdict(shop.check("out", with(platform.want, LinkKind::static_exe))), "A1:flags");
  }
  if (tried == 0) GTEST_SKIP() << "neither the armhf nor the riscv64 compiler is installed";
}

TEST(PlantedAbi, FilesOfAnotherMachineAreNamedByTheMachineAlone) {
  const Workshop shop;
  const auto platforms = gnu_platforms();
  if (!shop.has(platforms[6].gnu + "-gcc")) GTEST_SKIP() << platforms[6].gnu << "-gcc is not installed";
  ASSERT_TRUE(shop.run(platforms[6].gnu + "-gcc hello.c -o out")) << shop.log();
  EXPECT_EQ(verdict(shop.check("out", with(platforms[0].want, LinkKind::pie))), "A1:machine");
}

TEST(MuslFiles, HealthyStaticOnesGiveNoAlarmAndHalfStaticOnesAreNamed) {
  const Workshop shop;
  if (!shop.has("musl-gcc")) GTEST_SKIP() << "musl-gcc is not installed";
  ASSERT_TRUE(shop.run("musl-gcc -static hello.c -o healthy && musl-gcc hello.c -o half && gcc hello.c -o hosts"))
      << shop.log();
  const auto healthy = shop.check("healthy", musl_wanted());
  EXPECT_EQ(verdict(healthy), "") << details(healthy);
  EXPECT_EQ(verdict(shop.check("half", musl_wanted())), "A3:needed");
  EXPECT_EQ(verdict(shop.check("hosts", musl_wanted())), "A3:needed");
  EXPECT_EQ(verdict(shop.check("hosts", with(musl_wanted(), LinkKind::pie))), "A3:needed");
}

TEST(WindowsFiles, HealthyOnesGiveNoAlarm) {
  const Workshop shop;
  if (!shop.has("x86_64-w64-mingw32-g++")) GTEST_SKIP() << "x86_64-w64-mingw32-g++ is not installed";
  ASSERT_TRUE(shop.run("x86_64-w64-mingw32-gcc hello.c -o c.exe && x86_64-w64-mingw32-g++ -static hello.cc -o cxx.exe"))
      << shop.log();
  for (const char* file : {"c.exe", "cxx.exe"}) {
    const auto checks = shop.check(file, mingw_wanted());
    EXPECT_EQ(verdict(checks), "") << file << "\n" << details(checks);
  }
}

TEST(WindowsFiles, PlantedFaultsAreNamedAlone) {
  const Workshop shop;
  const std::string gcc = "x86_64-w64-mingw32-gcc", gxx = "x86_64-w64-mingw32-g++";
  if (!shop.has(gxx)) GTEST_SKIP() << gxx << " is not installed";
  const std::pair<std::string, std::string> faults[] = {
      {gxx + " hello.cc -o out.exe", "A10:import"},
      {gcc + " -mwindows hello.c -o out.exe", "A10:subsystem"},
      {gcc + " hello.c -Wl,-e,0 -o out.exe", "A10:entry"},
      {gcc + " hello.c -Wl,--disable-nxcompat -o out.exe", "A11:execstack"},
      {gcc + " hello.c -o out.exe && x86_64-w64-mingw32-objcopy -R .pdata out.exe", "A8:pdata"}};
  for (const auto& [command, expected] : faults) {
    ASSERT_TRUE(shop.run(command)) << shop.log();
    const auto checks = shop.check("out.exe", mingw_wanted());
    EXPECT_EQ(verdict(checks), expected) << command << "\n" << details(checks);
  }
}

}  // namespace
}  // namespace xtest
