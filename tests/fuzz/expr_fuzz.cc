// SPDX-License-Identifier: Apache-2.0
//
// Any bytes given to the expression parser end in an Expr or in an Error{usage}
// with a place; what to_string prints means the same as what was parsed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "runner/base/expr.h"

namespace {

bool by_first_letter(const xtest::Atom& atom) { return atom.name.front() % 2 == 0; }
bool by_length(const xtest::Atom& atom) { return (atom.name.size() + atom.arg.value_or("").size()) % 2 == 0; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto expr = xtest::Expr::parse({reinterpret_cast<const char*>(data), size}, {"--filter", 1, 1});
    const std::string printed = expr.to_string();
    if (printed.size() > 64 * 1024) return 0;
    const auto again = xtest::Expr::parse(printed, {"printed", 1, 1});
    const bool same = again.to_string() == printed && again.eval(by_first_letter) == expr.eval(by_first_letter) &&
                      again.eval(by_length) == expr.eval(by_length);
    if (!same) std::abort();
  } catch (const xtest::Error& error) {
    if (error.kind() != xtest::ErrorKind::usage || !error.where()) std::abort();
  }
  return 0;
}
