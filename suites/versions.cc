// SPDX-License-Identifier: Apache-2.0
#include "suites/versions.h"

#include "runner/base/text.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <compare>
#include <optional>

namespace xtest {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// "7.2.22" at the beginning of the text.
std::vector<int> leading_version(std::string_view text) {
  std::vector<int> numbers;
  while (!text.empty() && is_digit(text.front())) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return {};
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.size() < 2 || text.front() != '.' || !is_digit(text[1])) break;
    text.remove_prefix(1);
  }
  return numbers;
}

std::optional<VersionBound> parse_bound(std::string_view text) {
  const std::size_t sign = std::min(text.find_first_not_of("<>="), text.size());
  VersionBound bound{std::string(text.substr(0, sign)), leading_version(text.substr(sign))};
  const bool is_known = bound.sign == "<" || bound.sign == "<=" || bound.sign == "=" || bound.sign == ">=" || bound.sign == ">";
  const bool is_whole = text.find_first_not_of("0123456789.", sign) == text.npos && !text.ends_with('.');
  if (!is_known || bound.version.empty() || !is_whole) return std::nullopt;
  return bound;
}

bool holds(const VersionBound& bound, const std::vector<int>& version) {
  if (bound.sign == "=") return version.size() >= bound.version.size() && std::equal(bound.version.begin(), bound.version.end(), version.begin());
  const auto order = std::lexicographical_compare_three_way(version.begin(), version.end(), bound.version.begin(), bound.version.end());
  if (bound.sign == "<") return order < 0;
  if (bound.sign == "<=") return order <= 0;
  if (bound.sign == ">=") return order >= 0;
  return order > 0;
}

}  // namespace

std::vector<VersionBound> read_versions(const YamlNode& node) {
  std::vector<VersionBound> bounds;
  for (const std::string_view word : split(node.as_string(), ' ')) {
    if (word.empty()) continue;
    const auto bound = parse_bound(word);
    if (!bound) node.fail("versions are written as bounds: \">=5.0 <9.2\"");
    bounds.push_back(*bound);
  }
  if (bounds.empty()) node.fail("versions are written as bounds: \">=5.0 <9.2\"");
  return bounds;
}

bool all_hold(const std::vector<VersionBound>& bounds, const std::vector<int>& version) {
  return std::ranges::all_of(bounds, [&](const VersionBound& bound) { return holds(bound, version); });
}

std::string to_string(const std::vector<VersionBound>& bounds) {
  std::string text;
  for (const VersionBound& bound : bounds) {
    text += (text.empty() ? "" : " ") + bound.sign;
    for (std::size_t at = 0; at < bound.version.size(); ++at) text += (at == 0 ? "" : ".") + std::to_string(bound.version[at]);
  }
  return text;
}

std::vector<int> version_in(const std::string& identity) {
  for (std::size_t at = 0; at < identity.size(); ++at) {
    if (!is_digit(identity[at]) || (at > 0 && std::isalnum(static_cast<unsigned char>(identity[at - 1])) != 0)) continue;
    auto version = leading_version(std::string_view(identity).substr(at));
    if (version.size() > 1) return version;
  }
  return {};
}

}  // namespace xtest
