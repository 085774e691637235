// SPDX-License-Identifier: Apache-2.0
//
// The strict UTF-8 decoder below everything that shows foreign bytes: it refuses
// overlong forms, surrogates, code points above U+10FFFF and cut sequences, as
// RFC 3629 and the XML recommendation want it. Pure functions, any thread; bad
// bytes are an answer, never an error.
#pragma once

#include <cstddef>
#include <string_view>

namespace xtest {

/// One step of decoding. If not valid, `code` is the offending byte and `length` 1.
struct Utf8Step {
  char32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

/// Decodes the code point that begins at `at`, which must lie inside `text`.
Utf8Step decode_utf8(std::string_view text, std::size_t at);

/// Offset of the first byte that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace xtest
