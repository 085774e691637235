// SPDX-License-Identifier: Apache-2.0
// The list of tests, and what a panic says.
#include "runner/base/text.h"
#include "runner/dialects/libtest.h"

#include <fmt/format.h>

#include <charconv>
#include <unordered_set>

namespace xtest {
namespace {

std::optional<std::uint64_t> number_before(std::string_view text, std::string_view word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  return error == std::errc{} && (rest == word || rest == std::string(word) + 's') ? std::optional(number) : std::nullopt;
}

// "2 tests, 1 benchmark"
std::optional<std::uint64_t> summary(std::string_view line) {
  const std::size_t comma = line.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  const auto tests = number_before(line.substr(0, comma), " test");
  const auto benchmarks = number_before(line.substr(comma + 2), " benchmark");
  return tests && benchmarks ? std::optional(*tests + *benchmarks) : std::nullopt;
}

std::string joined(std::string_view rest) {
  std::string text;
  int lines = 0;
  for (const std::string_view line : split(rest, '\n')) {
    const std::string_view words = trim(line);
    if (words.empty() || words.starts_with("note: ") || words == "stack backtrace:" || ++lines > 4) break;
    text += (text.empty() ? "" : "; ") + std::string(words);
  }
  return text;
}

}  // namespace

LibtestListing read_libtest_list(std::string_view text) {
  LibtestListing listing;
  std::optional<std::uint64_t> told;
  std::unordered_set<std::string_view> seen;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const auto count = summary(line)) told = count;
    for (const std::string_view kind : {": test", ": benchmark"}) {
      if (!line.ends_with(kind) || line.size() == kind.size()) continue;
      line.remove_suffix(kind.size());
      if (!seen.insert(line).second && listing.trouble.empty()) listing.trouble = "it lists " + repair_utf8(line) + " twice";
      listing.names.emplace_back(line);
      break;
    }
  }
  if (!listing.trouble.empty()) return listing;
  if (!told) listing.trouble = "its list of tests has no end";
  else if (*told != listing.names.size()) listing.trouble = fmt::format("it counts {} tests and lists {}", *told, listing.names.size());
  else if (listing.names.empty()) listing.trouble = "it has no tests";
  return listing;
}

// The last one is the test's own: those before it were caught, or led to it. Up to Rust 1.72 the text came first, in quotes.
std::string libtest_panic(std::string_view output) {
  const std::size_t at = output.rfind("panicked at ");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = output.substr(at);
  const std::size_t end = rest.find('\n');
  std::string first(trim(rest.substr(0, end)));
  if (end != std::string_view::npos && first.ends_with(':')) first += ' ' + joined(rest.substr(end + 1));
  return repair_utf8(truncate_middle(first, 400, 80));
}

}  // namespace xtest
