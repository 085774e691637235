// SPDX-License-Identifier: Apache-2.0
#include "reports/terminal.h"

#include "runner/base/text.h"
#include "runner/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace xtest {
namespace {

using Range = std::pair<char32_t, char32_t>;

constexpr std::array<Range, 11> wide = {{{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
                                         {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6},
                                         {0x1f300, 0x1f64f}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}}};
constexpr std::array<Range, 4> combining = {{{0x300, 0x36f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}}};
constexpr std::array<Range, 8> unsafe = {{{0x80, 0x9f}, {0x61c, 0x61c}, {0x200b, 0x200f}, {0x2028, 0x202e},
                                          {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffc}, {0xfffe, 0xffff}}};

template <std::size_t n>
bool is_in(const std::array<Range, n>& ranges, char32_t code) {
  return std::ranges::any_of(ranges, [&](Range range) { return code >= range.first && code <= range.second; });
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

void append_safe(std::string& safe, std::string_view bytes, char32_t code, Lines lines) {
  if (code == '\n' && lines == Lines::keep) safe += '\n';
  else if (code == '\n' || code == '\t') safe += ' ';
  else if (code < 0x20 || code == 0x7f) safe += fmt::format("\\x{:02x}", static_cast<unsigned>(code));
  else if (code >= 0x80 && is_in(unsafe, code)) safe += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
  else safe += bytes;
}

bool is_number(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

int columns_of(char32_t code) {
  if (code < 0x300) return 1;
  if (is_in(combining, code)) return 0;
  return is_in(wide, code) ? 2 : 1;
}

}  // namespace

std::string safe_text(std::string_view text, Lines lines) {
  if (is_plain(text)) return std::string(text);
  const std::string clean = repair_utf8(strip_ansi(text));
  std::string safe;
  for (std::size_t at = 0; at < clean.size();) {
    const Utf8Step step = decode_utf8(clean, at);
    const bool line_end = step.code == '\r' && at + 1 < clean.size() && clean[at + 1] == '\n';
    if (!line_end) append_safe(safe, std::string_view(clean).substr(at, step.length), step.code, lines);
    at += step.length;
  }
  return safe;
}

int columns(std::string_view text) {
  int sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = decode_utf8(text, at);
    sum += columns_of(step.code);
    at += step.length;
  }
  return sum;
}

std::string fit(std::string_view text, int width) {
  if (columns(text) <= width) return std::string(text);
  std::string kept;
  int used = 1;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = decode_utf8(text, at);
    used += columns_of(step.code);
    if (used > width) break;
    kept += text.substr(at, step.length);
    at += step.length;
  }
  return width > 0 ? kept + "…" : std::string();
}

std::string wrap(std::string_view text, int width, std::string_view indent) {
  std::string wrapped, line;
  const auto flush = [&] {
    if (!line.empty()) wrapped += std::string(indent) + line + "\n";
    line.clear();
  };
  const int room = width - columns(indent);
  const auto place = [&](std::string_view words) {
    if (!line.empty() && columns(line) + 1 + columns(words) > room) flush();
    if (!line.empty()) line += ' ';
    line += words;
  };
  for (const std::string_view paragraph : split(text, '\n')) {
    std::string numbers;
    for (const std::string_view word : split(paragraph, ' ')) {
      if (word.empty()) continue;
      if (is_number(word)) numbers += std::string(word) + ' ';
      else place(std::exchange(numbers, "") + std::string(word));
    }
    if (!numbers.empty()) place(trim(numbers));
    flush();
  }
  return wrapped;
}

std::string Paint::operator()(Color color, std::string_view text) const {
  static constexpr std::array<std::string_view, 7> codes = {"", "1", "2", "1;31", "32", "33", "36"};
  if (!on || color == Color::plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<std::size_t>(color)], text);
}

}  // namespace xtest
