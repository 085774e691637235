// SPDX-License-Identifier: Apache-2.0
// Random names and nonces, from the kernel.
//
// Any thread. Throws std::system_error if there are none.
#pragma once

#include <cstddef>
#include <string>

namespace xtest {

std::string random_hex(std::size_t bytes);   // two lower-case digits a byte

}  // namespace xtest
