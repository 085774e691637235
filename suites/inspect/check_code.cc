// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "suites/inspect/check_parts.h"

namespace xtest {
namespace {

constexpr std::uint16_t nx_compatible = 0x100;
constexpr std::uint32_t segment_executable = 1;
using namespace std::string_literals;

// Start-up code, linker stubs and libgcc helpers in assembler, which have no unwind entry on healthy systems.
const std::array stubs = {
    "_start"s,         "_start_c"s,      "__start"s,        "_init"s,        "_fini"s,
    "__gmon_start__"s, "call_weak_fn"s,  "frame_dummy"s,    "*_tm_clones"s,  "_dl_start"s,
    "__libc_csu_*"s,   "__do_global_*"s, "__x86.get_pc_*"s, "__aarch64_*"s,  "_savegpr*"s,
    "_restgpr*"s,      "_savefpr*"s,     "_restfpr*"s,      "_savevr*"s,     "_restvr*"s,
    "__morestack*"s,   "*@*"s,           "*_veneer"s,       "*.plt_call.*"s, "_dl_relocate_static_pie"s};

bool is_inside(const AddressRange& inner, const AddressRange& outer) {
  return inner.address >= outer.address && inner.address - outer.address <= outer.size &&
         inner.size <= outer.size - (inner.address - outer.address);
}

std::uint64_t entries(const std::vector<InitTable>& tables) {
  std::uint64_t sum = 0;
  for (const InitTable& table : tables) sum += table.entries;
  return sum;
}

std::string show(const AddressRange& range) { return fmt::format("{:#x}+{:#x}", range.address, range.size); }

std::optional<Finding> scheme_finding(const InitFacts& init, InitScheme want) {
  const bool wants_array = want == InitScheme::init_array;
  const auto& other = wants_array ? init.ctors : init.init_arrays;
  if (entries(other) == 0) return std::nullopt;
  return Finding{"init-scheme",
                 fmt::format("{} has {} entries, expected constructors in {} only", other.front().section,
                             entries(other), wants_array ? ".init_array" : ".ctors")};
}

void sentinel_findings(const InitTable& table, std::vector<Finding>& findings) {
  if (!table.starts_with_sentinel)
    findings.push_back(
        {"init-order",
         fmt::format(".ctors in {} does not start with -1, expected crtbegin.o before all objects", table.section)});
  if (!table.ends_with_sentinel)
    findings.push_back(
        {"init-order",
         fmt::format(".ctors in {} does not end with 0, expected crtend.o after all objects", table.section)});
}

std::optional<Finding> coverage_finding(const InitFacts& init, const InitTable& table) {
  const auto& covered = init.dynamic_init_array ? init.dynamic_init_array : init.symbol_init_array;
  if (!covered || is_inside(table.range, *covered)) return std::nullopt;
  return Finding{"init-count",
                 fmt::format("{} at {} has {} entries, but {} covers {}: they would not run", table.section,
                             show(table.range), table.entries,
                             init.dynamic_init_array ? "DT_INIT_ARRAY" : "__init_array_start..end", show(*covered))};
}

void count_findings(const Subject& subject, std::vector<Finding>& findings) {
  const InitFacts& init = subject.facts.init;
  const bool uses_dynamic = subject.facts.dynamic.present && !subject.is_static();
  for (const InitTable& table : init.init_arrays) {
    if (uses_dynamic && !init.dynamic_init_array)
      findings.push_back(
          {"init-count", fmt::format("{} has {} entries, but there is no DT_INIT_ARRAY: they would not run",
                                     table.section, table.entries)});
    else if (auto finding = coverage_finding(init, table))
      findings.push_back(std::move(*finding));
    if (table.not_code > 0)
      findings.push_back({"init-count", fmt::format("{} of {} entries of {} point to no code", table.not_code,
                                                    table.entries, table.section)});
  }
  const bool is_dangling = init.dynamic_init_array && init.dynamic_init_array->size > 0 && init.init_arrays.empty();
  if (is_dangling && subject.facts.has_sections)
    findings.push_back({"init-count", fmt::format("DT_INIT_ARRAY covers {}, where no section .init_array lies",
                                                  show(*init.dynamic_init_array))});
}

CheckResult check_pe_init(const Subject& subject) {
  if (subject.want.init != InitScheme::ctors)
    return not_applicable("A7", "the target's constructors are not in .ctors");
  if (!subject.facts.has_symbols)
    return not_applicable("A7", "the file has no symbols, so __CTOR_LIST__ cannot be found");
  const auto& ctors = subject.facts.init.ctors;
  if (ctors.empty()) {
    if (subject.want.language == Language::rust) return not_applicable("A7", "Rust links its own start-up objects");
    return judged("A7", {{"init-scheme", "no __CTOR_LIST__, expected the constructors of crtbegin.o"}});
  }
  std::vector<Finding> findings;
  sentinel_findings(ctors.front(), findings);
  if (findings.empty() && ctors.front().not_code > 0)
    findings.push_back({"init-count", fmt::format("{} of {} entries of __CTOR_LIST__ point to no code",
                                                  ctors.front().not_code, ctors.front().entries)});
  return judged("A7", std::move(findings));
}

// --- unwinding

UnwindNeed effective_need(const Subject& subject) {
  const bool only_exceptions = subject.want.language == Language::rust || subject.facts.machine_name == "arm";
  const bool is_more = subject.want.unwind == UnwindNeed::all || subject.want.unwind == UnwindNeed::program;
  return only_exceptions && is_more ? UnwindNeed::exceptions : subject.want.unwind;
}

bool needs_entry(const std::string& name, UnwindNeed need, const FileExpectation& want) {
  if (matches_any(stubs, name) || matches_any(want.unwind_exempt, name)) return false;
  const bool is_mangled = name.starts_with("_Z") || name.starts_with("_R");
  return need == UnwindNeed::all || is_mangled || (need == UnwindNeed::program && name == "main");
}

void exidx_findings(const UnwindFacts& unwind, std::vector<Finding>& findings) {
  if (unwind.arm_exidx_entries == 0)
    findings.push_back({"eh-frame", ".ARM.exidx is missing or empty, expected the unwind index of the ARM EHABI"});
  else if (!unwind.arm_exidx)
    findings.push_back(
        {"eh-frame-hdr", "no PT_ARM_EXIDX, expected the program header by which the unwinder finds .ARM.exidx"});
}

void eh_frame_findings(const Subject& subject, std::vector<Finding>& findings) {
  const UnwindFacts& unwind = subject.facts.unwind;
  if (!unwind.eh_frame)
    findings.push_back({"eh-frame", "no .eh_frame, expected unwind tables"});
  else if (!unwind.eh_frame_error.empty())
    findings.push_back({"eh-frame", fmt::format(".eh_frame is broken: {}", unwind.eh_frame_error)});
  else if (unwind.fde_count == 0)
    findings.push_back({"eh-frame", ".eh_frame describes no function, expected an FDE for each"});
  if (!findings.empty()) return;
  if (!unwind.has_eh_frame_hdr) {
    const bool registers =
        subject.link == LinkKind::static_exe && (unwind.registers_frames || !subject.facts.has_symbols);
    if (!registers)
      findings.push_back(
          {"eh-frame-hdr", "no PT_GNU_EH_FRAME, expected the program header by which the unwinder finds .eh_frame"});
  } else if (unwind.eh_frame_hdr_entries < unwind.fde_count) {
    findings.push_back({"eh-frame-hdr", fmt::format(".eh_frame_hdr lists {} functions, expected the {} of .eh_frame",
                                                    unwind.eh_frame_hdr_entries, unwind.fde_count)});
  }
}

CheckResult check_pdata(const Subject& subject) {
  const PeFacts& pe = *subject.facts.pe;
  if (subject.facts.machine_name == "i386") return not_applicable("A8", "32-bit x86 Windows has no .pdata");
  std::vector<Finding> findings;
  if (pe.pdata_entries == 0)
    findings.push_back({"pdata", ".pdata is missing or empty, expected an entry for each function that has a frame"});
  else if (!pe.has_xdata)
    findings.push_back({"pdata", ".pdata points to no unwind data, expected .xdata"});
  if (!pe.pdata_sorted) findings.push_back({"pdata", ".pdata is not sorted by address: lookups in it miss"});
  if (pe.pdata_outside_code > 0)
    findings.push_back(
        {"pdata", fmt::format("{} of {} entries of .pdata point to no code", pe.pdata_outside_code, pe.pdata_entries)});
  return judged("A8", std::move(findings));
}

CheckResult check_pe_hardening(const PeFacts& pe) {
  std::vector<Finding> findings;
  if ((pe.dll_characteristics & nx_compatible) == 0)
    findings.push_back(
        {"execstack",
         fmt::format("NX_COMPAT is not set in the DLL characteristics {:#x}: stack and data are executable",
                     pe.dll_characteristics)});
  for (const PeSection& section : pe.sections)
    if (section.writable && section.executable)
      findings.push_back(
          {"execstack", fmt::format("section {} is writable and executable, expected one of them", section.name)});
  return judged("A11", std::move(findings));
}

}  // namespace

CheckResult check_init(const Subject& subject) {
  if (!subject.want.init) return not_applicable("A7", "the target names no scheme of constructors");
  if (subject.is_go()) return not_applicable("A7", "Go runs its initialisers itself");
  if (subject.is_pe()) return check_pe_init(subject);
  std::vector<Finding> findings;
  if (auto finding = scheme_finding(subject.facts.init, *subject.want.init)) findings.push_back(std::move(*finding));
  const bool is_linked = subject.link != LinkKind::object;
  if (is_linked && *subject.want.init == InitScheme::init_array && findings.empty()) count_findings(subject, findings);
  if (is_linked && *subject.want.init == InitScheme::ctors)
    for (const InitTable& table : subject.facts.init.ctors) sentinel_findings(table, findings);
  if (is_linked && subject.facts.unwind.terminator_before_end)
    findings.push_back(
        {"init-order", "the end mark of .eh_frame is followed by more entries, expected crtend.o after all objects"});
  return judged("A7", std::move(findings));
}

CheckResult check_unwind(const Subject& subject) {
  const UnwindNeed need = effective_need(subject);
  if (subject.is_go()) return not_applicable("A8", "Go unwinds by its own tables (.gopclntab)");
  if (need == UnwindNeed::none) return not_applicable("A8", "the target has no unwinder");
  if (subject.link == LinkKind::object) return not_applicable("A8", "unwind tables are checked in the linked file");
  if (subject.is_pe()) return check_pdata(subject);
  if (need == UnwindNeed::exceptions && subject.want.language == Language::c && subject.link == LinkKind::shared)
    return not_applicable("A8", "the target's C compiler makes no unwind tables by default");
  std::vector<Finding> findings;
  if (subject.facts.machine_name == "arm")
    exidx_findings(subject.facts.unwind, findings);
  else
    eh_frame_findings(subject, findings);
  if (!findings.empty()) return judged("A8", std::move(findings));
  std::vector<std::string> missing;
  for (const std::string& name : subject.facts.unwind.uncovered)
    if (needs_entry(name, need, subject.want)) missing.push_back(name);
  if (!missing.empty())
    findings.push_back({"fde-missing", fmt::format("{} of {} functions have no unwind entry: {}", missing.size(),
                                                   subject.facts.unwind.functions, list_some(missing))});
  return judged("A8", std::move(findings));
}

CheckResult check_hardening(const Subject& subject) {
  const FileFacts& facts = subject.facts;
  if (subject.is_pe()) return check_pe_hardening(*facts.pe);
  if (subject.is_go() && subject.link == LinkKind::object)
    return not_applicable("A11", "Go objects say nothing of the stack");
  std::vector<Finding> findings;
  const char* header = subject.link == LinkKind::object ? ".note.GNU-stack" : "PT_GNU_STACK";
  if (!facts.stack_flags && subject.want.stack_header)
    findings.push_back(
        {"execstack", fmt::format("no {}, expected one: without it the stack becomes executable", header)});
  if (facts.stack_flags && (*facts.stack_flags & segment_executable) != 0)
    findings.push_back(
        {"execstack", fmt::format("{} asks for an executable stack, expected read and write only", header)});
  // Not the tag DT_TEXTREL: GNU ld sets it for RISC-V where it reserved a slot that it did not use.
  if (facts.dynamic.relocations_in_text > 0)
    findings.push_back(
        {"textrel",
         fmt::format("{} relocations write to a read-only segment at start-up, expected position-independent objects",
                     facts.dynamic.relocations_in_text)});
  const bool wants_relro = subject.want.relro && !subject.is_go() && subject.link != LinkKind::object;
  if (wants_relro && !facts.relro)
    findings.push_back({"relro", "no PT_GNU_RELRO, expected relocated data to become read-only"});
  return judged("A11", std::move(findings));
}

}  // namespace xtest
