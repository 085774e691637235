// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "runner/base/text.h"
#include "suites/inspect/check_parts.h"

namespace xtest {
namespace {

constexpr std::uint32_t arm_float_bits = 0x600;

// Numbers between dots; what is missing counts as zero.
bool is_newer(std::string_view version, std::string_view limit) {
  const auto a = split(version, '.'), b = split(limit, '.');
  const auto number = [](const std::vector<std::string_view>& parts, std::size_t i) {
    unsigned long value = 0;
    if (i < parts.size())
      for (const char c : parts[i])
        value = c >= '0' && c <= '9' ? value * 10 + static_cast<unsigned long>(c - '0') : value;
    return value;
  };
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    if (number(a, i) != number(b, i)) return number(a, i) > number(b, i);
  return false;
}

std::string kind(const FileFacts& facts) {
  return fmt::format("{} ({}-bit, {} endian)", facts.machine_name, facts.bits, to_string(facts.order));
}

std::vector<Finding> machine_findings(const FileFacts& facts, const FileExpectation& want) {
  if (facts.format != want.format)
    return {{"format", fmt::format("file format is {}, expected {}", to_string(facts.format), to_string(want.format))}};
  if (!want.machine.empty() && facts.machine_name != want.machine)
    return {{"machine", fmt::format("machine is {}, expected {}", kind(facts), want.machine)}};
  std::vector<Finding> findings;
  if (want.bits && facts.bits != *want.bits)
    findings.push_back({"class", fmt::format("class is {}-bit, expected {}-bit", facts.bits, *want.bits)});
  if (want.order && facts.order != *want.order)
    findings.push_back({"endian", fmt::format("byte order is {} endian, expected {}", to_string(facts.order),
                                              to_string(*want.order))});
  return findings;
}

std::optional<Finding> flags_finding(const Subject& subject) {
  const auto& flags = subject.want.flags;
  if (!flags) return std::nullopt;
  const bool is_go_arm = subject.is_go() && subject.facts.machine_name == "arm";  // Go's linker says nothing of floats
  const std::uint32_t mask = is_go_arm ? flags->mask & ~arm_float_bits : flags->mask;
  if ((subject.facts.flags & mask) == (flags->value & mask)) return std::nullopt;
  const std::string text = flags_text(subject.facts);
  return Finding{"flags", fmt::format("e_flags are {:#x}{}, expected {}{:#x} under mask {:#x}", subject.facts.flags,
                                      text.empty() ? "" : fmt::format(" ({})", text),
                                      flags->text.empty() ? "" : flags->text + ": ", flags->value, mask)};
}

std::optional<Finding> os_abi_finding(const FileFacts& facts, const FileExpectation& want) {
  if (want.os_abi.empty() || std::ranges::find(want.os_abi, facts.os_abi) != want.os_abi.end()) return std::nullopt;
  std::vector<std::string> names;
  for (const std::uint8_t abi : want.os_abi) names.push_back(fmt::format("{} ({})", os_abi_name(abi), abi));
  return Finding{"osabi", fmt::format("OS/ABI is {} ({}), expected {}", os_abi_name(facts.os_abi), facts.os_abi,
                                      join(names, " or "))};
}

std::optional<Finding> note_finding(const Subject& subject) {
  const auto& want = subject.want.note;
  if (!want) return std::nullopt;
  const auto& notes = subject.facts.notes;
  const auto note = std::ranges::find(notes, want->os, &AbiNote::os);
  if (note == notes.end()) {
    if (!notes.empty())
      return Finding{"note", fmt::format("ABI note says {} {}, expected {}", notes[0].os, notes[0].version, want->os)};
    const bool is_needed = want->required && subject.is_program() && !subject.is_go();
    return is_needed ? std::optional(Finding{"note", fmt::format("no ABI note, expected one for {}", want->os)})
                     : std::nullopt;
  }
  if (want->max_version.empty() || !is_newer(note->version, want->max_version)) return std::nullopt;
  return Finding{
      "note", fmt::format("ABI note asks for {} {}, expected at most {}", note->os, note->version, want->max_version)};
}

Finding rpath_finding(const std::string& tag, const std::string& path, const FileExpectation& want) {
  const std::string shown = path.empty() ? "an empty element (the working directory)" : path;
  for (const std::string& prefix : want.host_prefixes)
    if (!prefix.empty() && path.starts_with(prefix))
      return {"rpath", fmt::format("{} has {}, which lies below {} of the build host", tag, shown, prefix)};
  return {"rpath", fmt::format("{} has {}, expected none or {}", tag, shown, join(want.rpath_allowed, ", "))};
}

std::vector<Finding> type_findings(const Subject& subject) {
  const FileFacts& facts = subject.facts;
  const std::string found = fmt::format("type is {}", to_string(facts.type));
  const bool is_dyn = facts.type == FileType::dynamic;
  switch (subject.link) {
    case LinkKind::object:
      if (facts.type != FileType::relocatable) return {{"type", found + ", expected an object (ET_REL)"}};
      break;
    case LinkKind::shared:
      if (!is_dyn) return {{"type", found + ", expected a shared library (ET_DYN)"}};
      if (facts.dynamic.pie_flag) return {{"pie", "DF_1_PIE is set, expected a shared library, not a program"}};
      break;
    case LinkKind::static_exe:
      if (facts.type != FileType::executable)
        return {{"type", found + ", expected a static program at a fixed address (ET_EXEC)"}};
      break;
    case LinkKind::static_pie:
      if (!is_dyn) return {{"static-pie", found + ", expected a static position-independent program (ET_DYN)"}};
      if (!facts.dynamic.present)
        return {{"static-pie", "no PT_DYNAMIC, expected one: without it rcrt1.o cannot relocate the program"}};
      if (!facts.dynamic.pie_flag)
        return {{"static-pie", "DF_1_PIE is not set, expected in a static position-independent program"}};
      break;
    case LinkKind::pie:
      if (!is_dyn) return {{"pie", found + ", expected a position-independent program (ET_DYN)"}};
      if (!facts.dynamic.pie_flag) return {{"pie", "DF_1_PIE is not set, expected in a position-independent program"}};
      break;
    case LinkKind::dynamic_exe:
      if (!is_dyn && facts.type != FileType::executable)
        return {{"type", found + ", expected a program (ET_EXEC or ET_DYN)"}};
      break;
  }
  return {};
}

}  // namespace

bool is_half_static(const Subject& subject) {
  return !subject.is_pe() && subject.is_static() && !subject.facts.dynamic.needed.empty();
}

bool needs_forbidden(const Subject& subject) {
  return std::ranges::any_of(subject.facts.dynamic.needed,
                             [&](const std::string& name) { return matches_any(subject.want.forbidden, name); });
}

CheckResult check_identity(const Subject& subject) {
  std::vector<Finding> findings = machine_findings(subject.facts, subject.want);
  if (!findings.empty() || subject.is_pe()) return judged("A1", std::move(findings));
  if (const auto finding = flags_finding(subject)) return judged("A1", {*finding});
  for (const auto& finding : {os_abi_finding(subject.facts, subject.want), note_finding(subject)})
    if (finding) findings.push_back(*finding);
  return judged("A1", std::move(findings));
}

CheckResult check_interpreter(const Subject& subject) {
  if (subject.is_pe()) return not_applicable("A2", "PE files name no interpreter");
  if (!subject.is_program())
    return not_applicable("A2", fmt::format("a file of kind {} names no interpreter", to_string(subject.link)));
  const auto& found = subject.facts.interp;
  const auto& wanted = subject.want.interp;
  if (subject.is_static())
    return judged("A2", found ? std::vector<Finding>{{"interp-present",
                                                      fmt::format("interpreter is {}, expected none in a {} program",
                                                                  *found, to_string(subject.link))}}
                              : std::vector<Finding>{});
  if (!wanted) return not_applicable("A2", "the target names no interpreter");
  if (!found) return judged("A2", {{"interp-missing", fmt::format("no interpreter, expected {}", *wanted)}});
  if (*found != *wanted)
    return judged("A2", {{"interp", fmt::format("interpreter is {}, expected {}", *found, *wanted)}});
  return judged("A2", {});
}

CheckResult check_needed(const Subject& subject) {
  if (subject.is_pe()) return not_applicable("A3", "PE files import DLLs (A10)");
  if (subject.link == LinkKind::object) return not_applicable("A3", "an object names no libraries");
  const auto& needed = subject.facts.dynamic.needed;
  std::vector<Finding> findings;
  if (is_half_static(subject)) {
    const std::string loader =
        subject.facts.interp ? fmt::format(" and the interpreter {}", *subject.facts.interp) : "";
    return judged("A3", {{"needed", fmt::format("half-static: the file needs {}{}, expected nothing in a {} program",
                                                list_some(needed), loader, to_string(subject.link))}});
  }
  for (const std::string& name : needed) {
    if (matches_any(subject.want.forbidden, name))
      findings.push_back({"needed", fmt::format("needs {}, which is of another system's libc, expected {}", name,
                                                list_some(subject.want.needed))});
    else if (subject.want.needed_checked && !matches_any(subject.want.needed, name))
      findings.push_back({"needed", fmt::format("needs {}, expected only {}", name, join(subject.want.needed, ", "))});
  }
  return judged("A3", std::move(findings));
}

CheckResult check_rpath(const Subject& subject) {
  if (subject.is_pe()) return not_applicable("A4", "PE files have no library search path");
  std::vector<Finding> findings;
  const auto look = [&](const std::string& tag, const std::vector<std::string>& paths) {
    for (const std::string& path : paths)
      if (!matches_any(subject.want.rpath_allowed, path)) findings.push_back(rpath_finding(tag, path, subject.want));
  };
  look("RPATH", subject.facts.dynamic.rpath);
  look("RUNPATH", subject.facts.dynamic.runpath);
  return judged("A4", std::move(findings));
}

CheckResult check_type(const Subject& subject) {
  if (subject.is_pe()) return not_applicable("A5", "PE files have no such kinds");
  return judged("A5", type_findings(subject));
}

}  // namespace xtest
