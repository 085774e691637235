// SPDX-License-Identifier: Apache-2.0
#include "runner/model/observed.h"

#include <algorithm>
#include <array>

namespace xtest {

namespace {

constexpr std::array<std::string_view, 13> status_names{"pass",     "fail",  "crash",  "timeout", "build-fail",
                                                        "xpass",    "xfail", "skip",   "level",   "flaky",
                                                        "emulator", "infra", "not-run"};

constexpr std::size_t least_nonce = 8;  // hexadecimal digits that look like chance, not like a word

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool ends_path(char c) { return std::string_view(" \t\r\n'\"`()<>[]{},;:|").find(c) != std::string_view::npos; }

template <class Holds>
std::size_t end_of_run(std::string_view text, std::size_t at, Holds holds) {
  while (at < text.size() && holds(text[at])) ++at;
  return at;
}

/// End of an absolute path that begins at `at` (`/name...`, `C:\name...`), or 0.
std::size_t end_of_path(std::string_view text, std::size_t at) {
  std::size_t root = 0;
  if (text[at] == '/')
    root = 1;
  else if (is_letter(text[at]) && text.substr(at + 1, 2) == ":\\")
    root = 3;
  if (root == 0) return 0;
  const std::size_t end = end_of_run(text, at + root, [](char c) { return !ends_path(c); });
  return end > at + root ? end : 0;
}

/// End of `0x...`, or of a word that is all hexadecimal digits and long; else 0.
std::size_t end_of_hex(std::string_view text, std::size_t at) {
  const bool prefixed = text[at] == '0' && at + 2 < text.size() && (text[at + 1] | 0x20) == 'x' && is_hex(text[at + 2]);
  if (prefixed) return end_of_run(text, at + 2, is_hex);
  const std::size_t end = end_of_run(text, at, is_word);
  const std::string_view word = text.substr(at, end - at);
  const bool nonce = word.size() >= least_nonce && std::ranges::all_of(word, is_hex) &&
                     std::ranges::any_of(word, is_digit) && !std::ranges::all_of(word, is_digit);
  return nonce ? end : 0;
}

/// End of a decimal number with its fraction, or 0.
std::size_t end_of_number(std::string_view text, std::size_t at) {
  if (!is_digit(text[at])) return 0;
  std::size_t end = end_of_run(text, at, is_digit);
  while (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1]))
    end = end_of_run(text, end + 1, is_digit);
  return end;
}

}  // namespace

std::string_view to_string(Status status) { return status_names.at(static_cast<std::size_t>(status)); }

std::optional<Status> status_from(std::string_view text) {
  const auto found = std::ranges::find(status_names, text);
  if (found == status_names.end()) return std::nullopt;
  return static_cast<Status>(found - status_names.begin());
}

Weight weight(Status status) {
  switch (status) {
    case Status::pass:
    case Status::xfail:
    case Status::flaky:
      return Weight::good;
    case Status::fail:
    case Status::crash:
    case Status::timeout:
    case Status::build_fail:
    case Status::xpass:
      return Weight::bad;
    case Status::skip:
    case Status::emulator:
      return Weight::neutral;
    case Status::level:
    case Status::infra:
    case Status::not_run:
      return Weight::inconclusive;
  }
  return Weight::inconclusive;
}

std::string make_signature(std::string_view message) {
  std::string out;
  for (std::size_t at = 0; at < message.size();) {
    if (const std::size_t path = end_of_path(message, at)) {
      out += "<path>";
      at = path;
    } else if (const std::size_t hex = end_of_hex(message, at)) {
      out += "<hex>";
      at = hex;
    } else if (const std::size_t number = end_of_number(message, at)) {
      out += "<n>";
      at = end_of_run(message, number, is_word);
      out.append(message, number, at - number);
    } else {
      const std::size_t word = std::max(at + 1, end_of_run(message, at, [](char c) { return is_word(c) || c == '/'; }));
      out.append(message, at, word - at);
      at = word;
    }
  }
  return out;
}

}  // namespace xtest
