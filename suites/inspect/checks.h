// SPDX-License-Identifier: Apache-2.0
#pragma once

// The static checks A1 A2 A3 A4 A5 A7 A8 A10 A11 of the probe list: facts of a file against what its target expects.
//
// Pure functions of their arguments, for any thread; they never fail. Each check answers for its own fault only: when a
// file is for another machine or ABI (A1), half-static or linked with another system's libc (A3), the checks whose
// answer would merely follow from that are `not_applicable` and say so in `why`, so that one fault has one name.
//
// Finding keys are stable, diagnosis texts hang on them:
//   A1 format class endian machine flags osabi note    A2 interp interp-present interp-missing    A3 needed
//   A4 rpath    A5 type pie static-pie    A7 init-scheme init-order init-count
//   A8 eh-frame eh-frame-hdr fde-missing pdata    A10 subsystem entry import    A11 execstack textrel relro

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "suites/inspect/expectation.h"
#include "suites/inspect/facts.h"

namespace xtest {

struct Finding {
  std::string key;
  std::string detail;  // "interpreter is /lib/ld-2.so, expected /lib/ld-linux-aarch64.so.1"
};

struct CheckResult {
  enum class Verdict { good, bad, not_applicable };

  std::string id;                 // "A1"
  Verdict verdict = Verdict::good;
  std::vector<Finding> findings;  // not empty exactly when bad
  std::string why;                // of not_applicable
};

// All nine, always in this order.
std::vector<CheckResult> check_file(const FileFacts& facts, const FileExpectation& expectation);

// For bytes that no reader understands: A1 is bad with key `format`, the rest do not apply.
std::vector<CheckResult> check_unreadable(const std::string& error, const FileExpectation& expectation);

// Title of a check for people: "A2" -> "interpreter".
std::string_view check_title(std::string_view id);
std::string_view to_string(CheckResult::Verdict verdict);

nlohmann::json checks_to_json(const std::vector<CheckResult>& checks);
std::optional<std::vector<CheckResult>> checks_from_json(const nlohmann::json& json);

}  // namespace xtest
