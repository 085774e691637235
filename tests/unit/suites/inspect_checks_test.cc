// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/checks.h"

#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/suites/inspect_support.h"

namespace xtest {
namespace {

using inspect_test::details;
using inspect_test::verdict;
using inspect_test::why_not;

FileExpectation elf_wanted() {
  FileExpectation e;
  e.bits = 64;
  e.order = ByteOrder::little;
  e.machine = "riscv";
  e.flags = FlagsExpectation{0xe, 4, "lp64d"};
  e.os_abi = {0, 3};
  e.note = NoteExpectation{"linux", "4.15.0", true};
  e.interp = "/lib/ld.so.1";
  e.needed = {"libc.so.6", "libm.so.*"};
  e.needed_checked = true;
  e.forbidden = {"libc.musl*"};
  e.host_prefixes = {"/home"};
  e.link = LinkKind::pie;
  e.init = InitScheme::init_array;
  return e;
}

FileFacts elf_found() {
  FileFacts f;
  f.bits = 64;
  f.machine_name = "riscv";
  f.machine = 243;
  f.flags = 5;
  f.notes = {{"linux", "4.15.0"}};
  f.type = FileType::dynamic;
  f.has_sections = f.has_symbols = true;
  f.interp = "/lib/ld.so.1";
  f.dynamic.present = f.dynamic.pie_flag = true;
  f.dynamic.needed = {"libc.so.6"};
  f.relro = true;
  f.stack_flags = 6;
  f.init.init_arrays = {{".init_array", {0x3000, 16}, 2, false, false, 0}};
  f.init.dynamic_init_array = AddressRange{0x3000, 16};
  f.unwind.eh_frame = AddressRange{0x2000, 100};
  f.unwind.fde_count = f.unwind.eh_frame_hdr_entries = 4;
  f.unwind.has_eh_frame_hdr = true;
  f.unwind.functions = 5;
  f.unwind.uncovered = {"_start", "call_weak_fn"};
  return f;
}

FileExpectation pe_wanted() {
  FileExpectation e;
  e.format = FileFormat::pe;
  e.machine = "x86_64";
  e.init = InitScheme::ctors;
  e.subsystem = 3;
  e.dlls = {"KERNEL32.dll", "api-ms-win-*.dll"};
  e.dlls_checked = true;
  return e;
}

FileFacts pe_found() {
  FileFacts f;
  f.format = FileFormat::pe;
  f.bits = 64;
  f.machine_name = "x86_64";
  f.type = FileType::executable;
  f.entry_in_code = f.has_symbols = true;
  f.init.ctors = {{".text", {0x1000, 24}, 1, true, true, 0}};
  f.pe = PeFacts{};
  f.pe->subsystem = 3;
  f.pe->dll_characteristics = 0x160;
  f.pe->imports = {{"kernel32.DLL", {"Sleep"}, false}};
  f.pe->has_pdata = f.pe->has_xdata = true;
  f.pe->pdata_entries = 3;
  return f;
}

struct Fault {
  const char* name;
  const char* expected;  // verdict()
  std::function<void(FileFacts&, FileExpectation&)> plant;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

std::string name_of(const testing::TestParamInfo<Fault>& info) { return info.param.name; }

class ElfFault : public testing::TestWithParam<Fault> {};
class PeFault : public testing::TestWithParam<Fault> {};

TEST_P(ElfFault, IsNamedByItsKeyAlone) {
  FileFacts facts = elf_found();
  FileExpectation want = elf_wanted();
  GetParam().plant(facts, want);
  const auto checks = check_file(facts, want);
  EXPECT_EQ(verdict(checks), GetParam().expected) << details(checks);
}

TEST_P(PeFault, IsNamedByItsKeyAlone) {
  FileFacts facts = pe_found();
  FileExpectation want = pe_wanted();
  GetParam().plant(facts, want);
  const auto checks = check_file(facts, want);
  EXPECT_EQ(verdict(checks), GetParam().expected) << details(checks);
}

void make_static(FileFacts& f, FileExpectation& e, LinkKind kind) {
  e.link = kind;
  f.dynamic.needed.clear();
  f.interp.reset();
  f.dynamic.present = f.dynamic.pie_flag = kind == LinkKind::static_pie;
  f.type = kind == LinkKind::static_pie ? FileType::dynamic : FileType::executable;
  f.init.dynamic_init_array.reset();
  f.init.symbol_init_array = AddressRange{0x3000, 16};
}

using F = FileFacts;
using E = FileExpectation;

INSTANTIATE_TEST_SUITE_P(
    Identity, ElfFault,
    testing::Values(Fault{"Nothing", "", [](F&, E&) {}},
                    Fault{"Format", "A1:format", [](F&, E& e) { e.format = FileFormat::pe; }},
                    Fault{"Machine", "A1:machine",
                          [](F& f, E&) { f.machine_name = "s390", f.order = ByteOrder::big, f.interp = "/x"; }},
                    Fault{"Class", "A1:class", [](F& f, E&) { f.bits = 32; }},
                    Fault{"ByteOrder", "A1:endian", [](F& f, E&) { f.order = ByteOrder::big; }},
                    Fault{"FloatAbi", "A1:flags", [](F& f, E&) { f.flags = 1, f.interp = "/lib/ld-soft.so.1"; }},
                    Fault{"CompressedCodeIsNoAbi", "", [](F& f, E&) { f.flags = 4; }},
                    Fault{"OsAbi", "A1:osabi", [](F& f, E&) { f.os_abi = 9; }},
                    Fault{"NoteTooNew", "A1:note",
                          [](F& f, E&) {
                            f.notes = {{"linux", "5.1.0"}};
                          }},
                    Fault{"NoteOldEnough", "",
                          [](F& f, E&) {
                            f.notes = {{"linux", "4.9.99"}};
                          }},
                    Fault{"NoteOfAnotherSystem", "A1:note",
                          [](F& f, E&) {
                            f.notes = {{"freebsd", "14.0"}};
                          }},
                    Fault{"NoteMissing", "A1:note", [](F& f, E&) { f.notes.clear(); }},
                    Fault{"NoteOfALibrary", "",
                          [](F& f, E& e) {
                            f.notes.clear(), f.interp.reset(), f.dynamic.pie_flag = false, e.link = LinkKind::shared;
                          }}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Link, ElfFault,
    testing::Values(
        Fault{"Interp", "A2:interp", [](F& f, E&) { f.interp = "/lib/ld-2.so"; }},
        Fault{"InterpMissing", "A2:interp-missing", [](F& f, E&) { f.interp.reset(); }},
        Fault{"InterpPresent", "A2:interp-present",
              [](F& f, E& e) { make_static(f, e, LinkKind::static_exe), f.interp = "/lib/ld.so.1"; }},
        Fault{"Needed", "A3:needed", [](F& f, E&) { f.dynamic.needed.push_back("libatomic.so.1"); }},
        Fault{"ForbiddenLibc", "A3:needed",
              [](F& f, E&) { f.dynamic.needed = {"libc.musl-riscv64.so.1"}, f.interp = "/lib/ld-musl.so.1"; }},
        Fault{"HalfStatic", "A3:needed", [](F& f, E& e) { e.link = LinkKind::static_exe, f.dynamic.pie_flag = false; }},
        Fault{"Rpath", "A4:rpath", [](F& f, E&) { f.dynamic.rpath = {"/home/me/lib"}; }},
        Fault{"RunpathElsewhere", "A4:rpath", [](F& f, E&) { f.dynamic.runpath = {"/opt/lib"}; }},
        Fault{"RunpathEmptyElement", "A4:rpath", [](F& f, E&) { f.dynamic.runpath = {""}; }},
        Fault{"RunpathOfOrigin", "", [](F& f, E&) { f.dynamic.runpath = {"$ORIGIN/../lib"}; }},
        Fault{"NotPie", "A5:pie", [](F& f, E&) { f.type = FileType::executable; }},
        Fault{"PieFlagMissing", "A5:pie", [](F& f, E&) { f.dynamic.pie_flag = false; }},
        Fault{"Static", "", [](F& f, E& e) { make_static(f, e, LinkKind::static_exe); }},
        Fault{"StaticIsDyn", "A5:type",
              [](F& f, E& e) { make_static(f, e, LinkKind::static_exe), f.type = FileType::dynamic; }},
        Fault{"StaticPie", "", [](F& f, E& e) { make_static(f, e, LinkKind::static_pie); }},
        Fault{"StaticPieIsExec", "A5:static-pie",
              [](F& f, E& e) { make_static(f, e, LinkKind::static_pie), f.type = FileType::executable; }},
        Fault{"StaticPieWithoutDynamic", "A5:static-pie",
              [](F& f, E& e) { make_static(f, e, LinkKind::static_pie), f.dynamic.present = false; }},
        Fault{"StaticPieWithoutFlag", "A5:static-pie",
              [](F& f, E& e) { make_static(f, e, LinkKind::static_pie), f.dynamic.pie_flag = false; }},
        Fault{"DynamicMayBeEither", "",
              [](F& f, E& e) { e.link = LinkKind::dynamic_exe, f.type = FileType::executable; }},
        Fault{"LibraryIsAProgram", "A5:pie", [](F&, E& e) { e.link = LinkKind::shared; }}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Constructors, ElfFault,
    testing::Values(Fault{"TwoSchemes", "A7:init-scheme",
                          [](F& f, E&) {
                            f.init.ctors = {{".ctors", {0x4000, 24}, 1, true, true, 0}};
                          }},
                    Fault{"SentinelsAreNoScheme", "",
                          [](F& f, E&) {
                            f.init.ctors = {{".ctors", {0x4000, 16}, 0, true, true, 0}};
                          }},
                    Fault{"NotCovered", "A7:init-count",
                          [](F& f, E&) {
                            f.init.dynamic_init_array = AddressRange{0x3000, 8};
                          }},
                    Fault{"NoTag", "A7:init-count", [](F& f, E&) { f.init.dynamic_init_array.reset(); }},
                    Fault{"StaticNotCovered", "A7:init-count",
                          [](F& f, E& e) {
                            make_static(f, e, LinkKind::static_exe), f.init.symbol_init_array = AddressRange{0x3000, 0};
                          }},
                    Fault{"TagWithoutSection", "A7:init-count", [](F& f, E&) { f.init.init_arrays.clear(); }},
                    Fault{"EntryToNoCode", "A7:init-count", [](F& f, E&) { f.init.init_arrays[0].not_code = 1; }},
                    Fault{"CrtendNotLast", "A7:init-order", [](F& f, E&) { f.unwind.terminator_before_end = true; }},
                    Fault{"CtorsWithoutSentinel", "A7:init-order",
                          [](F& f, E& e) {
                            e.init = InitScheme::ctors, f.init.init_arrays.clear(),
                            f.init.ctors = {{".ctors", {0x4000, 16}, 1, true, false, 0}};
                          }},
                    Fault{"CtorsWantedArrayFound", "A7:init-scheme", [](F&, E& e) { e.init = InitScheme::ctors; }}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Unwinding, ElfFault,
    testing::Values(
        Fault{"NoEhFrame", "A8:eh-frame", [](F& f, E&) { f.unwind.eh_frame.reset(), f.unwind.uncovered = {"main"}; }},
        Fault{"BrokenEhFrame", "A8:eh-frame", [](F& f, E&) { f.unwind.eh_frame_error = "entry at offset 0x0"; }},
        Fault{"EmptyEhFrame", "A8:eh-frame", [](F& f, E&) { f.unwind.fde_count = 0; }},
        Fault{"NoHeader", "A8:eh-frame-hdr", [](F& f, E&) { f.unwind.has_eh_frame_hdr = false; }},
        Fault{"ShortHeader", "A8:eh-frame-hdr", [](F& f, E&) { f.unwind.eh_frame_hdr_entries = 1; }},
        Fault{"StaticRegistersItself", "",
              [](F& f, E& e) {
                make_static(f, e, LinkKind::static_exe), f.unwind.has_eh_frame_hdr = false,
                                                         f.unwind.registers_frames = true;
              }},
        Fault{"StaticWithoutEither", "A8:eh-frame-hdr",
              [](F& f, E& e) { make_static(f, e, LinkKind::static_exe), f.unwind.has_eh_frame_hdr = false; }},
        Fault{"MainWithoutEntry", "A8:fde-missing", [](F& f, E&) { f.unwind.uncovered = {"main"}; }},
        Fault{"AnyFunctionWithoutEntry", "A8:fde-missing", [](F& f, E&) { f.unwind.uncovered = {"helper"}; }},
        Fault{"ExemptFunction", "", [](F& f, E& e) { f.unwind.uncovered = {"helper"}, e.unwind_exempt = {"help*"}; }},
        Fault{"LibcWithoutTables", "",
              [](F& f, E& e) { f.unwind.uncovered = {"printf"}, e.unwind = UnwindNeed::program; }},
        Fault{"ProgramWithoutTables", "A8:fde-missing",
              [](F& f, E& e) { f.unwind.uncovered = {"main"}, e.unwind = UnwindNeed::program; }},
        Fault{"CWithoutTables", "",
              [](F& f, E& e) { f.unwind.uncovered = {"main"}, e.unwind = UnwindNeed::exceptions; }},
        Fault{"CxxWithoutTables", "A8:fde-missing",
              [](F& f, E& e) { f.unwind.uncovered = {"_Z1fv"}, e.unwind = UnwindNeed::exceptions; }},
        Fault{"NoUnwinder", "", [](F& f, E& e) { f.unwind = UnwindFacts{}, e.unwind = UnwindNeed::none; }},
        Fault{"ArmWithoutIndex", "A8:eh-frame", [](F& f, E& e) { f.machine_name = e.machine = "arm"; }},
        Fault{"ArmWithoutSegment", "A8:eh-frame-hdr",
              [](F& f, E& e) { f.machine_name = e.machine = "arm", f.unwind.arm_exidx_entries = 3; }},
        Fault{"ArmWithIndex", "",
              [](F& f, E& e) {
                f.machine_name = e.machine = "arm", f.unwind = UnwindFacts{}, f.unwind.arm_exidx_entries = 3;
                f.unwind.arm_exidx = AddressRange{0x100, 24};
              }}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Hardening, ElfFault,
    testing::Values(Fault{"ExecutableStack", "A11:execstack", [](F& f, E&) { f.stack_flags = 7; }},
                    Fault{"StackNotSaid", "A11:execstack", [](F& f, E&) { f.stack_flags.reset(); }},
                    Fault{"StackNeedNotBeSaid", "", [](F& f, E& e) { f.stack_flags.reset(), e.stack_header = false; }},
                    Fault{"TextRelocations", "A11:textrel", [](F& f, E&) { f.dynamic.relocations_in_text = 1; }},
                    Fault{"TextRelocationTagAlone", "", [](F& f, E&) { f.dynamic.text_relocations = true; }},
                    Fault{"NoRelro", "A11:relro", [](F& f, E&) { f.relro = false; }},
                    Fault{"NoRelroWanted", "", [](F& f, E& e) { f.relro = false, e.relro = false; }}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Windows, PeFault,
    testing::Values(Fault{"Nothing", "", [](F&, E&) {}},
                    Fault{"Machine", "A1:machine", [](F& f, E&) { f.machine_name = "i386"; }},
                    Fault{"Subsystem", "A10:subsystem", [](F& f, E&) { f.pe->subsystem = 2; }},
                    Fault{"Entry", "A10:entry", [](F& f, E&) { f.entry_in_code = false; }},
                    Fault{"Import", "A10:import",
                          [](F& f, E&) {
                            f.pe->imports.push_back({"libgcc_s_seh-1.dll", {"_Unwind_Resume"}, false});
                          }},
                    Fault{"LateImport", "A10:import",
                          [](F& f, E&) {
                            f.pe->imports.push_back({"x.dll", {}, true});
                          }},
                    Fault{"ImportByGlob", "",
                          [](F& f, E&) {
                            f.pe->imports.push_back({"API-MS-WIN-crt-1.dll", {"#1"}, false});
                          }},
                    Fault{"NoPdata", "A8:pdata", [](F& f, E&) { f.pe->pdata_entries = 0; }},
                    Fault{"NoXdata", "A8:pdata", [](F& f, E&) { f.pe->has_xdata = false; }},
                    Fault{"UnsortedPdata", "A8:pdata", [](F& f, E&) { f.pe->pdata_sorted = false; }},
                    Fault{"NoCtorList", "A7:init-scheme", [](F& f, E&) { f.init.ctors.clear(); }},
                    Fault{"NoCtorListButStripped", "", [](F& f, E&) { f.init.ctors.clear(), f.has_symbols = false; }},
                    Fault{"CtorListNotEnded", "A7:init-order",
                          [](F& f, E&) { f.init.ctors[0].ends_with_sentinel = false; }},
                    Fault{"NotNxCompatible", "A11:execstack", [](F& f, E&) { f.pe->dll_characteristics = 0x60; }},
                    Fault{"WritableCode", "A11:execstack",
                          [](F& f, E&) {
                            f.pe->sections = {{".x", {}, true, true, true}};
                          }}),
    name_of);

TEST(CheckFile, SaysWhatWasFoundAndWhatWasExpected) {
  FileFacts facts = elf_found();
  facts.interp = "/lib/ld-2.so";
  facts.dynamic.runpath = {"/home/me/lib"};
  EXPECT_EQ(details(check_file(facts, elf_wanted())),
            "A2 interp: interpreter is /lib/ld-2.so, expected /lib/ld.so.1\n"
            "A4 rpath: RUNPATH has /home/me/lib, which lies below /home of the build host\n");
}

TEST(CheckFile, AnswersEveryCheckInOrder) {
  std::string ids;
  for (const CheckResult& check : check_file(elf_found(), elf_wanted())) {
    ids += check.id + " ";
    EXPECT_FALSE(check_title(check.id).empty()) << check.id;
    EXPECT_EQ(check.why.empty(), check.verdict != CheckResult::Verdict::not_applicable) << check.id;
  }
  EXPECT_EQ(ids, "A1 A2 A3 A4 A5 A7 A8 A10 A11 ");
}

TEST(CheckFile, SaysWhyOneFaultHidesOthers) {
  FileFacts facts = elf_found();
  FileExpectation want = elf_wanted();
  want.link = LinkKind::static_exe;
  EXPECT_EQ(why_not(check_file(facts, want), "A2"), "the file is half-static (A3)");
  facts.machine_name = "i386";
  EXPECT_EQ(why_not(check_file(facts, want), "A11"), "the file is for another machine (A1 machine)");
}

TEST(CheckFile, AsksOfGoOnlyWhatGoHas) {
  FileFacts facts;
  facts.bits = 32;
  facts.machine_name = "arm";
  facts.flags = 0x05000002;
  facts.type = FileType::executable;
  facts.stack_flags = 6;
  FileExpectation want = elf_wanted();
  want.bits = 32;
  want.machine = "arm";
  want.flags = FlagsExpectation{0xff000600, 0x05000400, "hard-float"};
  want.language = Language::go;
  const auto checks = check_file(facts, want);
  EXPECT_EQ(verdict(checks), "") << details(checks);
  EXPECT_EQ(why_not(checks, "A8"), "Go unwinds by its own tables (.gopclntab)");
}

TEST(CheckUnreadable, BlamesTheFormatAlone) {
  const auto checks = check_unreadable("file is neither ELF nor PE", elf_wanted());
  EXPECT_EQ(checks.size(), 9u);
  EXPECT_EQ(details(checks), "A1 format: file is neither ELF nor PE, expected elf\n");
}

TEST(ChecksJson, ComesBackAsItWent) {
  FileFacts facts = elf_found();
  facts.relro = false;
  const auto sent = checks_to_json(check_file(facts, elf_wanted()));
  const auto received = checks_from_json(nlohmann::json::parse(sent.dump()));
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(checks_to_json(*received), sent);
  EXPECT_EQ(verdict(*received), "A11:relro");
}

TEST(ChecksJson, RefusesWhatIsNoListOfChecks) {
  EXPECT_FALSE(checks_from_json({{{"id", "A1"}}}).has_value());
  EXPECT_FALSE(
      checks_from_json({{{"id", "A1"}, {"verdict", "fine"}, {"findings", nlohmann::json::array()}}}).has_value());
}

}  // namespace
}  // namespace xtest
