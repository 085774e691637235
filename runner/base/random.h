// SPDX-License-Identifier: Apache-2.0
// Random bytes of the system, for names, nonces and keys. Any thread. Throws std::system_error if there are none.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace xtest {

void fill_random(std::span<unsigned char> bytes);   // at most 256
std::string random_hex(std::size_t bytes);          // lower-case, two letters a byte

}  // namespace xtest
