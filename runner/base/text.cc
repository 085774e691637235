// SPDX-License-Identifier: Apache-2.0
#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runner/base/error.h"
#include "runner/base/utf8.h"

namespace xtest {

namespace {

constexpr char escape = '\x1b';
constexpr std::size_t longest_ansi_string = 4096;

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_reserved_in_sh(std::string_view word) {
  static constexpr std::array<std::string_view, 13> words{"case", "do", "done", "elif", "else",  "esac", "fi",
                                                          "for",  "if", "in",   "then", "until", "while"};
  return std::ranges::find(words, word) != words.end();
}

/// An '=' is harmless in an option, but `a=b` as a first word is an assignment.
bool is_harmless_in_sh(std::string_view word) {
  if (word.empty() || is_reserved_in_sh(word)) return false;
  const bool option = word.front() == '-';
  return std::ranges::all_of(word, [&](char c) {
    return is_alnum(c) || std::string_view("_@%+:,./-").find(c) != std::string_view::npos || (option && c == '=');
  });
}

void append_hex(std::string& out, std::string_view prefix, unsigned byte,
                std::string_view digits = "0123456789abcdef") {
  out += prefix;
  out += digits[byte >> 4 & 15];
  out += digits[byte & 15];
}

bool between(char c, int low, int high) { return c >= low && c <= high; }

std::size_t skip_range(std::string_view text, std::size_t at, int low, int high) {
  while (at < text.size() && between(text[at], low, high)) ++at;
  return at;
}

/// End of a string sequence (OSC, DCS, ...) whose content begins at `at`, or 0. It may
/// not cross a line or grow without bound: a stray opener must not swallow the log.
std::size_t end_of_ansi_string(std::string_view text, std::size_t at) {
  const std::size_t limit = std::min(text.size(), at + longest_ansi_string);
  for (; at < limit && text[at] != '\n'; ++at) {
    if (text[at] == '\a') return at + 1;
    if (text[at] == escape) return at + 1 < text.size() && text[at + 1] == '\\' ? at + 2 : 0;
  }
  return 0;
}

/// End of the escape sequence that begins at `at` (an ESC), or 0 if it is no complete one.
std::size_t end_of_ansi(std::string_view text, std::size_t at) {
  std::size_t next = at + 1;
  if (next >= text.size()) return 0;
  const char kind = text[next];
  if (std::string_view("]PX^_").find(kind) != std::string_view::npos) return end_of_ansi_string(text, next + 1);
  if (kind == '[') {
    next = skip_range(text, next + 1, 0x30, 0x3F);
    next = skip_range(text, next, 0x20, 0x2F);
    return next < text.size() && between(text[next], 0x40, 0x7E) ? next + 1 : 0;
  }
  next = skip_range(text, next, 0x20, 0x2F);
  return next < text.size() && between(text[next], 0x30, 0x7E) ? next + 1 : 0;
}

bool is_xml_char(char32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xFFFE && code != 0xFFFF;
}

std::string_view xml_entity(char c, XmlPlace place) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&apos;";
    case '\r':
      return "&#13;";
    case '\n':
      return place == XmlPlace::attribute ? "&#10;" : "";
    case '\t':
      return place == XmlPlace::attribute ? "&#9;" : "";
    default:
      return "";
  }
}

void append_json_char(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\r':
      out += "\\r";
      break;
    default:
      append_hex(out, "\\u00", static_cast<unsigned char>(c));
  }
}

bool is_plain_json(char c) { return between(c, 0x20, 0x7F) && c != '"' && c != '\\'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// The nearest offset at or before `at` that does not cut a character of UTF-8.
std::size_t character_start(std::string_view text, std::size_t at) {
  for (std::size_t back = 1; back < 4 && back <= at && at < text.size() && is_continuation(text[at - back + 1]);
       ++back) {
    const Utf8Step step = decode_utf8(text, at - back);
    if (step.valid && step.length > back) return at - back;
  }
  return at;
}

}  // namespace

std::string sh_quote(std::string_view word) {
  if (word.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::internal, "a word of a command line holds a NUL byte: " + repair_utf8(xml_clean(word)));
  }
  if (is_harmless_in_sh(word)) return std::string(word);
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out += '\'';
}

std::string sh_join(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    out += sh_quote(word);
  }
  return out;
}

std::string xml_clean(std::string_view text) {
  const std::string visible = strip_ansi(text);
  std::string out;
  out.reserve(visible.size());
  for (std::size_t at = 0; at < visible.size();) {
    const Utf8Step step = decode_utf8(visible, at);
    if (step.valid && is_xml_char(step.code))
      out.append(visible, at, step.length);
    else if (step.code > 0xFF)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(step.code));
    else
      append_hex(out, "\\x", step.code);
    at += step.length;
  }
  return out;
}

std::string xml_escape(std::string_view text, XmlPlace place) {
  std::string out;
  for (const char c : xml_clean(text)) {
    const std::string_view entity = xml_entity(c, place);
    if (entity.empty())
      out += c;
    else
      out += entity;
  }
  return out;
}

void json_quote(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_plain_json(text[end])) ++end;
    out.append(text, at, end - at);
    if (end == text.size()) break;
    const Utf8Step step = decode_utf8(text, end);
    if (!step.valid)
      append_hex(out, "\\\\x", step.code);
    else if (step.length > 1)
      out.append(text, end, step.length);
    else
      append_json_char(out, text[end]);
    at = end + step.length;
  }
  out += '"';
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = decode_utf8(text, at);
    if (step.valid)
      out.append(text, at, step.length);
    else
      append_hex(out, "\\x", step.code);
    at += step.length;
  }
  return out;
}

std::string strip_ansi(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find(escape, at), text.size());
    out.append(text, at, next - at);
    at = next;
    if (at == text.size()) break;
    const std::size_t end = end_of_ansi(text, at);
    if (end == 0) out += text[at];
    at = end == 0 ? at + 1 : end;
  }
  return out;
}

std::string percent_encode_id(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = decode_utf8(text, at);
    const bool control = step.code < 0x20 || (step.code >= 0x7F && step.code <= 0x9F);
    const bool keep = step.valid && !control && step.code != '%';
    for (std::size_t i = at; i < at + step.length; ++i) {
      if (keep)
        out += text[i];
      else
        append_hex(out, "%", static_cast<unsigned char>(text[i]), "0123456789ABCDEF");
    }
    at += step.length;
  }
  return out;
}

std::optional<std::string> percent_decode_id(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    const int high = hex_value(text[at + 1]), low = hex_value(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    at += 2;
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view white = " \t\n\r\f\v";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string truncate_middle(std::string_view text, std::size_t head, std::size_t tail) {
  if (text.size() <= head || text.size() - head <= tail) return std::string(text);
  const std::size_t cut = character_start(text, head);
  const std::size_t resume = text.size() - tail;
  const std::size_t start = character_start(text, resume);
  // A character on the border of the tail is left out, so that the tail stays within its bytes.
  const std::size_t from = start == resume ? resume : start + decode_utf8(text, start).length;
  const std::string_view before = text.substr(0, cut);
  const bool on_new_line = before.empty() || before.back() == '\n';
  return fmt::format("{}{}... {} bytes left out ...\n{}", before, on_new_line ? "" : "\n", from - cut,
                     text.substr(from));
}

}  // namespace xtest
