// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/checks.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"
#include "suites/inspect/check_parts.h"

namespace xtest {
namespace {

using nlohmann::json;
using Verdict = CheckResult::Verdict;

struct Check {
  std::string_view id;
  std::string_view title;
  CheckResult (*run)(const Subject&);
};

constexpr std::array checks = {Check{"A1", "format, machine and ABI", check_identity},
                               Check{"A2", "interpreter", check_interpreter},
                               Check{"A3", "needed libraries", check_needed},
                               Check{"A4", "library search path", check_rpath},
                               Check{"A5", "kind of file", check_type},
                               Check{"A7", "constructors", check_init},
                               Check{"A8", "unwind tables", check_unwind},
                               Check{"A10", "PE subsystem, entry and imports", check_pe},
                               Check{"A11", "stack, text relocations, RELRO", check_hardening}};

constexpr std::array verdicts = {std::pair{Verdict::good, std::string_view("good")},
                                 std::pair{Verdict::bad, std::string_view("bad")},
                                 std::pair{Verdict::not_applicable, std::string_view("not-applicable")}};

LinkKind effective_link(const FileFacts& facts, const FileExpectation& want) {
  const bool stands_alone = facts.format == FileFormat::elf && !facts.dynamic.present && !facts.interp;
  const bool wants_loader = want.link == LinkKind::dynamic_exe || want.link == LinkKind::pie;
  return want.language == Language::go && stands_alone && wants_loader ? LinkKind::static_exe : want.link;
}

// Why the answer of check `id` would only repeat what an earlier check found; empty when it would not.
std::string follows_from(std::string_view id, const Subject& subject, const std::vector<CheckResult>& before) {
  for (const CheckResult& result : before)
    if (result.id == "A1")
      for (const std::string_view key : {"format", "machine", "class", "endian", "flags"})
        if (has_key(result, key))
          return fmt::format("the file is for another {} (A1 {})", key == "flags" ? "ABI" : "machine", key);
  if ((id == "A2" || id == "A5") && is_half_static(subject)) return "the file is half-static (A3)";
  if (id == "A2" && needs_forbidden(subject)) return "the file is linked with another system's libc (A3)";
  return {};
}

std::size_t position(std::string_view id) {
  return static_cast<std::size_t>(std::ranges::find(checks, id, &Check::id) - checks.begin());
}

}  // namespace

CheckResult judged(std::string id, std::vector<Finding> findings) {
  const Verdict verdict = findings.empty() ? Verdict::good : Verdict::bad;
  return {std::move(id), verdict, std::move(findings), {}};
}

CheckResult not_applicable(std::string id, std::string why) {
  return {std::move(id), Verdict::not_applicable, {}, std::move(why)};
}

bool matches_any(std::span<const std::string> globs, std::string_view name) {
  return std::ranges::any_of(globs, [name](const std::string& glob) { return glob_match(glob, name); });
}

bool has_key(const CheckResult& result, std::string_view key) {
  return std::ranges::find(result.findings, key, &Finding::key) != result.findings.end();
}

std::string list_some(std::span<const std::string> names) {
  constexpr std::size_t most = 5;
  const std::string shown = join(names.first(std::min(most, names.size())), ", ");
  return names.size() <= most ? shown : fmt::format("{} (and {} more)", shown, names.size() - most);
}

std::vector<CheckResult> check_file(const FileFacts& facts, const FileExpectation& want) {
  const Subject subject{facts, want, effective_link(facts, want)};
  std::vector<CheckResult> results;
  for (const Check& check : checks) {
    const std::string why = follows_from(check.id, subject, results);
    results.push_back(why.empty() ? check.run(subject) : not_applicable(std::string(check.id), why));
  }
  return results;
}

std::vector<CheckResult> check_unreadable(const std::string& error, const FileExpectation& want) {
  std::vector<CheckResult> results;
  for (const Check& check : checks)
    results.push_back(not_applicable(std::string(check.id), "the file cannot be read (A1 format)"));
  results.front() = judged("A1", {{"format", fmt::format("{}, expected {}", error, to_string(want.format))}});
  return results;
}

std::string_view check_title(std::string_view id) {
  const std::size_t at = position(id);
  return at < checks.size() ? checks[at].title : std::string_view();
}

std::string_view to_string(Verdict verdict) {
  return std::ranges::find(verdicts, verdict, &decltype(verdicts)::value_type::first)->second;
}

json checks_to_json(const std::vector<CheckResult>& results) {
  json out = json::array();
  for (const CheckResult& result : results) {
    json findings = json::array();
    for (const Finding& finding : result.findings)
      findings.push_back({{"key", finding.key}, {"detail", repair_utf8(finding.detail)}});
    out.push_back({{"id", result.id},
                   {"title", check_title(result.id)},
                   {"verdict", to_string(result.verdict)},
                   {"findings", std::move(findings)},
                   {"why", repair_utf8(result.why)}});
  }
  return out;
}

std::optional<std::vector<CheckResult>> checks_from_json(const json& in) try {
  std::vector<CheckResult> results;
  for (const json& one : in) {
    const auto verdict =
        std::ranges::find(verdicts, one.at("verdict").get<std::string>(), &decltype(verdicts)::value_type::second);
    if (verdict == verdicts.end()) return std::nullopt;
    CheckResult result{one.at("id").get<std::string>(), verdict->first, {}, one.value("why", "")};
    for (const json& finding : one.at("findings"))
      result.findings.push_back({finding.at("key").get<std::string>(), finding.at("detail").get<std::string>()});
    results.push_back(std::move(result));
  }
  return results;
} catch (const json::exception&) {
  return std::nullopt;
}

}  // namespace xtest
