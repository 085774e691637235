// SPDX-License-Identifier: Apache-2.0
#include "runner/model/result_files.h"

#include "runner/base/text.h"

#include <algorithm>

namespace xtest {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("._+@=,-").contains(c);
}

bool is_part(std::string_view part) { return !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, is_plain); }

std::string_view last_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_name(std::string_view name) {
  const auto parts = split(name, '/');
  return std::ranges::all_of(parts, is_part);
}

}  // namespace

// A wild character stands for a plain one.
bool is_result_pattern(std::string_view text) {
  std::string name(text);
  for (std::size_t at = text.size() - last_of(text).size(); at < name.size(); ++at) {
    if (name[at] == '*' || name[at] == '?') name[at] = 'x';
  }
  return is_name(name);
}

bool matches_result(std::string_view pattern, std::string_view name) {
  const std::string_view wild = last_of(pattern), last = last_of(name);
  if (!is_name(name) || (last.starts_with('.') && !wild.starts_with('.'))) return false;
  return pattern.substr(0, pattern.size() - wild.size()) == name.substr(0, name.size() - last.size()) && glob_match(wild, last);
}

}  // namespace xtest
