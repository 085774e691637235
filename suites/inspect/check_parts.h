// SPDX-License-Identifier: Apache-2.0
#pragma once

// One function a check, and what they share. Used by checks.cc and check_*.cc only; each function may assume that those
// before it found nothing that makes its question meaningless (checks.h).

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suites/inspect/checks.h"

namespace xtest {

struct Subject {
  const FileFacts& facts;
  const FileExpectation& want;
  LinkKind link;  // want.link, save that a Go program linked without a libc counts as static

  bool is_static() const { return link == LinkKind::static_exe || link == LinkKind::static_pie; }
  bool is_program() const { return link != LinkKind::shared && link != LinkKind::object; }
  bool is_pe() const { return facts.format == FileFormat::pe; }
  bool is_go() const { return want.language == Language::go; }
};

CheckResult judged(std::string id, std::vector<Finding> findings);
CheckResult not_applicable(std::string id, std::string why);
bool matches_any(std::span<const std::string> globs, std::string_view name);
bool has_key(const CheckResult& result, std::string_view key);
std::string list_some(std::span<const std::string> names);  // "a, b, c (and 12 more)"

bool is_half_static(const Subject& subject);   // a static kind that needs libraries
bool needs_forbidden(const Subject& subject);  // libraries that only another system has

CheckResult check_identity(const Subject& subject);     // A1
CheckResult check_interpreter(const Subject& subject);  // A2
CheckResult check_needed(const Subject& subject);       // A3
CheckResult check_rpath(const Subject& subject);        // A4
CheckResult check_type(const Subject& subject);         // A5
CheckResult check_init(const Subject& subject);         // A7
CheckResult check_unwind(const Subject& subject);       // A8
CheckResult check_pe(const Subject& subject);           // A10
CheckResult check_hardening(const Subject& subject);    // A11

}  // namespace xtest
