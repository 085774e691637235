// SPDX-License-Identifier: Apache-2.0
// Any bytes as a line of a record: no crash, and what is understood prints the same for ever after.
#include <cstdint>
#include <cstdlib>

#include "runner/record/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto event = xtest::event_from_json({reinterpret_cast<const char*>(data), size});
  if (!event) return 0;
  const std::string printed = xtest::event_to_json(*event);
  const auto again = xtest::event_from_json(printed);
  if (!again || xtest::event_to_json(*again) != printed) std::abort();
  return 0;
}
