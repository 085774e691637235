// SPDX-License-Identifier: Apache-2.0
// What a failing probe says about the port: a sentence for each key, what usually causes it and where it was seen.
//
// Travels as JSON inside Unit::data, since a reader has nothing but its unit. Pure values, any thread, no errors.
#pragma once

#include "runner/dialects/trailer.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <span>
#include <string>

namespace xtest {

struct Diagnosis {
  std::map<std::string, std::string> texts;   // key -> sentence; {detail} stands for what the probe said
  std::string cause;
  std::string seen;
  std::string reference;

  // The sentence of the first key that has one, then cause and seen: "...; usual cause: ...; seen: ...".
  std::string hint(std::span<const Trailer::Failure> keys) const;
};

nlohmann::json diagnosis_to_json(const Diagnosis& diagnosis);
Diagnosis diagnosis_from_json(const nlohmann::json& json);   // of diagnosis_to_json; what is missing stays empty

}  // namespace xtest
