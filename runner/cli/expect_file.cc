// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/expect_file.h"

#include "runner/base/text.h"

namespace xtest {
namespace {

constexpr std::string_view kHead = "expectations:\n";

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

bool belongs_to_what_follows(std::string_view line) { return trim(line).empty() || trim(line).starts_with('#'); }

}  // namespace

std::string entry_text(const Expectation& entry) {
  std::string text = "- test: " + in_quotes(entry.test) + "\n";
  if (entry.when) text += "  when: " + entry.when->to_string() + "\n";
  text += "  reason: " + in_quotes(entry.reason) + "\n";
  if (!entry.link.empty()) text += "  link: " + in_quotes(entry.link) + "\n";
  if (!entry.expires.empty()) text += "  expires: " + entry.expires + "\n";
  return text;
}

std::string with_entries(std::string text, const std::vector<Expectation>& entries) {
  if (trim(text).empty()) text = kHead;
  const auto empty_list = text.find("expectations: []");
  if (empty_list != text.npos) text.replace(empty_list, 16, "expectations:");
  if (!text.ends_with('\n')) text += '\n';
  for (const Expectation& entry : entries) text += entry_text(entry);
  return text;
}

std::string without_entries(const std::string& text, const std::vector<Expectation>& all, const std::set<int>& gone) {
  std::vector<std::string_view> lines = split(text, '\n');
  std::set<std::size_t> removed;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (!gone.contains(all[at].where.line)) continue;
    const auto first = static_cast<std::size_t>(all[at].where.line - 1);
    std::size_t end = at + 1 < all.size() ? static_cast<std::size_t>(all[at + 1].where.line - 1) : lines.size();
    while (end > first + 1 && belongs_to_what_follows(lines[end - 1])) --end;
    for (std::size_t line = first; line < end; ++line) removed.insert(line);
  }
  std::string left;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    if (removed.contains(line)) continue;
    left += lines[line];
    if (line + 1 < lines.size()) left += '\n';
  }
  return gone.size() == all.size() ? "expectations: []\n" : left;
}

}  // namespace xtest
