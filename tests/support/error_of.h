// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runner/base/error.h"

#include <string>

namespace xtest {

// what() of the Error that `call` throws, with its remedy; "" if it throws none.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(error.what()) + (error.remedy().empty() ? "" : " | " + error.remedy());
  }
  return {};
}

}  // namespace xtest
