// SPDX-License-Identifier: Apache-2.0
#include "suites/diagnosis.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace xtest {
namespace {

constexpr std::string_view kDetail = "{detail}";

std::string filled(const std::string& text, const std::string& detail) {
  std::string result;
  std::size_t from = 0;
  for (std::size_t at; (at = text.find(kDetail, from)) != std::string::npos; from = at + kDetail.size()) {
    result.append(text, from, at - from);
    result += detail;
  }
  return result.append(text, from);
}

void add_part(std::string& hint, std::string_view label, const std::string& text) {
  if (text.empty()) return;
  if (!hint.empty()) hint += "; ";
  hint += label;
  hint += text;
}

}  // namespace

std::string Diagnosis::hint(std::span<const Trailer::Failure> keys) const {
  std::string hint;
  const auto known = std::ranges::find_if(keys, [&](const auto& failure) { return texts.contains(failure.key); });
  if (known != keys.end()) hint = filled(texts.at(known->key), known->detail);
  while (hint.ends_with('.') || hint.ends_with('\n')) hint.pop_back();
  add_part(hint, "usual cause: ", cause);
  add_part(hint, "seen: ", seen);
  add_part(hint, "see ", reference);
  return hint;
}

nlohmann::json diagnosis_to_json(const Diagnosis& diagnosis) {
  return {{"texts", diagnosis.texts},
          {"cause", diagnosis.cause},
          {"seen", diagnosis.seen},
          {"reference", diagnosis.reference}};
}

Diagnosis diagnosis_from_json(const nlohmann::json& json) {
  Diagnosis diagnosis;
  diagnosis.texts = json.value("texts", std::map<std::string, std::string>{});
  diagnosis.cause = json.value("cause", "");
  diagnosis.seen = json.value("seen", "");
  diagnosis.reference = json.value("reference", "");
  return diagnosis;
}

}  // namespace xtest
