// SPDX-License-Identifier: Apache-2.0
// Any bytes through the ELF reader, the checks and both outputs. Seeds: any ELF files, small ones first.
#include <cstddef>
#include <cstdint>
#include <span>

#include <nlohmann/json.hpp>

#include "suites/inspect/checks.h"
#include "suites/inspect/elf.h"
#include "suites/inspect/render.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto facts = xtest::read_elf(std::as_bytes(std::span(data, size)));
  if (!facts) return 0;
  xtest::FileExpectation want;
  want.init = xtest::InitScheme::init_array;
  want.interp = "/lib/ld.so";
  want.needed_checked = true;
  const auto checks = xtest::check_file(*facts, want);
  static_cast<void>(xtest::facts_to_json(*facts).dump());
  static_cast<void>(xtest::checks_to_json(checks).dump());
  static_cast<void>(xtest::render_facts(*facts) + xtest::render_checks(checks));
  return 0;
}
