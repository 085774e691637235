// SPDX-License-Identifier: Apache-2.0
// Text that is safe on a terminal, and its width there.
//
// Names and output of tests are hostile: escape sequences are removed, other control characters and everything that
// turns the direction of text are shown as `\x1b` or `\u202e`, bytes that are not UTF-8 as `\xff`. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace xtest {

enum class Lines { keep, join };   // join: line breaks become spaces

std::string safe_text(std::string_view text, Lines lines = Lines::join);

// Columns of a safe text without line breaks: wide East Asian characters take two, combining ones none.
int columns(std::string_view text);

// The beginning that fits, with a final `…` when something was cut.
std::string fit(std::string_view text, int width);

// Wrapped at blanks, every line begins with `indent`; words longer than a line are left whole
// and a number stays with the word after it.
std::string wrap(std::string_view text, int width, std::string_view indent);

enum class Color { plain, bold, dim, red, green, yellow, cyan };

// `text` in the color, or as it is when colors are off.
struct Paint {
  bool on = false;
  std::string operator()(Color color, std::string_view text) const;
};

}  // namespace xtest
