// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/render.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runner/base/text.h"

namespace xtest {
namespace {

constexpr std::size_t most_listed = 12;

class Table {
 public:
  void row(std::string name, const std::string& value) {
    if (!value.empty()) rows_.emplace_back(std::move(name), xml_clean(value));
  }

  std::string text() const {
    std::size_t width = 0;
    for (const auto& [name, value] : rows_) width = std::max(width, name.size());
    std::string out;
    for (const auto& [name, value] : rows_) out += fmt::format("  {:<{}}  {}\n", name, width, value);
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

std::string listed(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(most_listed, names.size());
  const std::string text = join(std::span(names).first(shown), " ");
  return shown == names.size() ? text : fmt::format("{} ... ({} in all)", text, names.size());
}

std::string yes_no(bool value) { return value ? "yes" : "no"; }

std::string arrays(const std::vector<InitTable>& tables) {
  std::vector<std::string> texts;
  for (const InitTable& table : tables) texts.push_back(fmt::format("{} ({} entries)", table.section, table.entries));
  return join(texts, " ");
}

std::string flags(const FileFacts& facts) {
  const std::string text = flags_text(facts);
  return fmt::format("{:#x}{}", facts.flags, text.empty() ? "" : fmt::format(" ({})", text));
}

std::string notes(const FileFacts& facts) {
  std::vector<std::string> texts;
  for (const AbiNote& note : facts.notes) texts.push_back(fmt::format("{} {}", note.os, note.version));
  return texts.empty() ? "none" : join(texts, ", ");
}

std::string unwind(const FileFacts& facts) {
  const UnwindFacts& u = facts.unwind;
  if (facts.machine_name == "arm")
    return fmt::format("{} entries in .ARM.exidx, PT_ARM_EXIDX {}", u.arm_exidx_entries,
                       yes_no(u.arm_exidx.has_value()));
  const std::string header =
      u.has_eh_frame_hdr ? fmt::format("{} in .eh_frame_hdr", u.eh_frame_hdr_entries) : "no PT_GNU_EH_FRAME";
  return fmt::format("{} FDEs, {}, {} of {} functions without", u.fde_count, header, u.uncovered.size(), u.functions);
}

void elf_rows(const FileFacts& facts, Table& table) {
  table.row("flags", flags(facts));
  table.row("OS/ABI", fmt::format("{} ({})", os_abi_name(facts.os_abi), facts.os_abi));
  table.row("ABI note", notes(facts));
  table.row("interpreter", facts.interp ? *facts.interp : "none");
  table.row("needed", facts.dynamic.needed.empty() ? "none" : listed(facts.dynamic.needed));
  table.row("soname", facts.dynamic.soname);
  table.row("rpath", join(facts.dynamic.rpath, ":"));
  table.row("runpath", join(facts.dynamic.runpath, ":"));
  table.row("undefined", listed(facts.dynamic.undefined));
  table.row("dynamic",
            facts.dynamic.present
                ? fmt::format("yes, DF_1_PIE {}, bind now {}, relocations in text {}", yes_no(facts.dynamic.pie_flag),
                              yes_no(facts.dynamic.bind_now), facts.dynamic.relocations_in_text)
                : "no");
  table.row("stack", facts.stack_flags ? fmt::format("{}{}{}", (*facts.stack_flags & 4) != 0 ? "r" : "-",
                                                     (*facts.stack_flags & 2) != 0 ? "w" : "-",
                                                     (*facts.stack_flags & 1) != 0 ? "x" : "-")
                                       : "not said");
  table.row("RELRO", yes_no(facts.relro));
  table.row("constructors", arrays(facts.init.preinit_arrays) + (facts.init.preinit_arrays.empty() ? "" : " ") +
                                arrays(facts.init.init_arrays) + (facts.init.ctors.empty() ? "" : " ") +
                                arrays(facts.init.ctors));
  table.row("unwinding", unwind(facts));
  table.row("not unwindable", listed(facts.unwind.uncovered));
}

void pe_rows(const FileFacts& facts, Table& table) {
  const PeFacts& pe = *facts.pe;
  table.row("subsystem", fmt::format("{} ({})", subsystem_name(pe.subsystem), pe.subsystem));
  table.row("DLL flags", fmt::format("{:#x}", pe.dll_characteristics));
  for (const PeImport& import : pe.imports)
    table.row(import.delayed ? "imports late" : "imports", fmt::format("{}: {}", import.dll, listed(import.symbols)));
  table.row("constructors", arrays(facts.init.ctors));
  table.row("unwinding", fmt::format("{} entries in .pdata, .xdata {}", pe.pdata_entries, yes_no(pe.has_xdata)));
}

}  // namespace

std::string render_facts(const FileFacts& facts) {
  Table table;
  table.row("format", fmt::format("{} {}-bit {} endian, {}", to_string(facts.format), facts.bits,
                                  to_string(facts.order), to_string(facts.type)));
  table.row("machine", fmt::format("{} ({:#x})", facts.machine_name, facts.machine));
  facts.pe ? pe_rows(facts, table) : elf_rows(facts, table);
  table.row("entry", fmt::format("{:#x}{}", facts.entry, facts.entry_in_code ? "" : ", in no executable section"));
  if (facts.tls)
    table.row("TLS", fmt::format("{} bytes, {} of them initialised, aligned to {}",
                                 std::max(facts.tls->memory_size, facts.tls->file_size), facts.tls->file_size,
                                 facts.tls->alignment));
  table.row("made by", listed(facts.comments));
  return table.text();
}

std::string render_checks(const std::vector<CheckResult>& checks) {
  Table table;
  for (const CheckResult& check : checks) {
    const std::string name = fmt::format("{:<4} {}", check.id, check_title(check.id));
    if (check.verdict == CheckResult::Verdict::good) table.row(name, "good");
    if (check.verdict == CheckResult::Verdict::not_applicable)
      table.row(name, fmt::format("does not apply: {}", check.why));
    for (const Finding& finding : check.findings)
      table.row(name, fmt::format("BAD {}: {}", finding.key, finding.detail));
  }
  return table.text();
}

}  // namespace xtest
