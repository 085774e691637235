// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "runner/base/text.h"
#include "suites/inspect/check_parts.h"

namespace xtest {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

CheckResult check_pe(const Subject& subject) {
  if (!subject.is_pe()) return not_applicable("A10", "not a PE file");
  const PeFacts& pe = *subject.facts.pe;
  const FileExpectation& want = subject.want;
  std::vector<Finding> findings;
  if (want.subsystem && pe.subsystem != *want.subsystem && subject.is_program())
    findings.push_back({"subsystem", fmt::format("subsystem is {} ({}), expected {} ({})", subsystem_name(pe.subsystem),
                                                 pe.subsystem, subsystem_name(*want.subsystem), *want.subsystem)});
  const bool has_no_entry = subject.link == LinkKind::shared && subject.facts.entry == 0;
  if (!subject.facts.entry_in_code && !has_no_entry)
    findings.push_back({"entry", fmt::format("entry point {:#x} lies in no executable section", subject.facts.entry)});
  std::vector<std::string> allowed;
  for (const std::string& glob : want.dlls) allowed.push_back(lower(glob));
  for (const PeImport& import : pe.imports)
    if (want.dlls_checked && !matches_any(allowed, lower(import.dll)))
      findings.push_back({"import", fmt::format("imports {} ({}), expected only {}", import.dll,
                                                import.symbols.empty() ? "nothing by name" : list_some(import.symbols),
                                                join(want.dlls, ", "))});
  return judged("A10", std::move(findings));
}

}  // namespace xtest
