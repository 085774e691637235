// SPDX-License-Identifier: Apache-2.0
#pragma once

// PE32 and PE32+ bytes -> FileFacts, by the bounds-checked reader of bytes.h.
//
// Pure: nothing is opened or kept, any thread. Hostile input is expected: no valid headers is an error text, a broken
// directory leaves its facts empty; every list is bounded. Source: Microsoft's PE/COFF specification.

#include <cstddef>
#include <expected>
#include <span>
#include <string>

#include "suites/inspect/facts.h"

namespace xtest {

std::expected<FileFacts, std::string> read_pe(std::span<const std::byte> bytes);

}  // namespace xtest
