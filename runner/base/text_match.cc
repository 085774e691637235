// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <numeric>

#include "runner/base/text.h"
#include "runner/base/utf8.h"

namespace xtest {

namespace {

constexpr std::size_t longest_name = 128;  // beyond it, spelling help costs more than it gives

struct ClassMatch {
  std::size_t end = 0;  // past the ']', or 0 if there is none
  bool matches = false;
};

/// Matches one code point against the class whose '[' is at `at`. Bytes that are not
/// UTF-8 stand for themselves.
ClassMatch match_class(std::string_view pattern, std::size_t at, char32_t code) {
  ++at;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  bool found = false;
  for (bool first = true; at < pattern.size(); first = false) {
    if (pattern[at] == ']' && !first) return {at + 1, found != negated};
    const Utf8Step low = decode_utf8(pattern, at);
    at += low.length;
    char32_t high = low.code;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      const Utf8Step step = decode_utf8(pattern, at + 1);
      high = step.code;
      at += 1 + step.length;
    }
    found = found || (low.code <= code && code <= high);
  }
  return {};
}

/// Matches one code point against the element of the pattern at `at`, which is not '*';
/// returns where the next element begins, or 0.
std::size_t match_one(std::string_view pattern, std::size_t at, const Utf8Step& step, std::string_view bytes) {
  if (at >= pattern.size()) return 0;
  if (pattern[at] == '?') return at + 1;
  if (pattern[at] == '[') {
    const ClassMatch matched = match_class(pattern, at, step.code);
    if (matched.end != 0) return matched.matches ? matched.end : 0;
  }
  return pattern.substr(at).starts_with(bytes) ? at + step.length : 0;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Damerau-Levenshtein distance in its optimal string alignment form, letters without case.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, longest_name + 1>, 3> rows{};
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& before = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = t;
      continue;
    }
    const Utf8Step step = decode_utf8(text, t);
    if (const std::size_t next = match_one(pattern, p, step, text.substr(t, step.length))) {
      p = next;
      t += step.length;
      continue;
    }
    if (star == std::string_view::npos) return false;
    p = star;
    t = resume += decode_utf8(text, resume).length;
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    if (std::max(name.size(), candidate.size()) > longest_name) continue;
    const std::size_t allowed = std::max<std::size_t>(1, std::max(name.size(), candidate.size()) / 3);
    const std::size_t shorter = std::min(name.size(), candidate.size());
    const std::size_t found = distance(name, candidate);
    if (found > allowed || found >= std::max<std::size_t>(shorter, 1)) continue;
    if (best && found >= best_distance) continue;
    best = candidate;
    best_distance = found;
  }
  return best;
}

}  // namespace xtest
