// SPDX-License-Identifier: Apache-2.0
#include "runner/model/ids.h"

#include <array>
#include <optional>

#include "runner/base/text.h"
#include "runner/base/utf8.h"

namespace xtest {

namespace {

using Parsed = std::expected<std::string, std::string>;

constexpr std::string_view separator = "::";

/// A part before a separator: no `::` may arise inside it or across its end.
std::string encode_before_separator(std::string_view part) {
  const std::string encoded = percent_encode_id(part);
  std::string out;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const bool misleading = encoded[i] == ':' && (i + 1 == encoded.size() || encoded[i + 1] == ':');
    if (misleading)
      out += "%3A";
    else
      out += encoded[i];
  }
  return out;
}

std::string encode_stream_part(std::string_view part) {
  std::string out;
  for (const char c : percent_encode_id(part)) {
    if (c == '/')
      out += "%2F";
    else
      out += c;
  }
  return out;
}

bool holds_control(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

Parsed decode_part(std::string_view part, std::string_view name) {
  const auto complain = [&](std::string_view what) {
    return std::unexpected("its " + std::string(name) + ' ' + std::string(what));
  };
  if (part.empty()) return complain("is empty");
  if (holds_control(part)) return complain("holds a control character; write it as %XX");
  if (find_invalid_utf8(part) != std::string_view::npos) return complain("is not UTF-8; write such bytes as %XX");
  auto decoded = percent_decode_id(part);
  if (!decoded) return complain("has a % without two hexadecimal digits after it; a plain % is written %25");
  return *std::move(decoded);
}

}  // namespace

std::string TestId::to_string() const {
  std::string out = encode_before_separator(suite);
  out += separator;
  out += encode_before_separator(group);
  out += separator;
  out += percent_encode_id(name);
  return out;
}

std::expected<TestId, std::string> TestId::parse(std::string_view text) {
  const std::size_t first = text.find(separator);
  const std::size_t second = first == text.npos ? text.npos : text.find(separator, first + separator.size());
  if (second == text.npos) return std::unexpected("a test id reads suite::group::case");
  const std::size_t group_at = first + separator.size();
  auto suite = decode_part(text.substr(0, first), "suite");
  if (!suite) return std::unexpected(suite.error());
  auto group = decode_part(text.substr(group_at, second - group_at), "group");
  if (!group) return std::unexpected(group.error());
  auto name = decode_part(text.substr(second + separator.size()), "case");
  if (!name) return std::unexpected(name.error());
  return TestId{*std::move(suite), *std::move(group), *std::move(name)};
}

std::string Stream::to_string() const {
  std::string out = encode_stream_part(target);
  for (const std::string* part : {&suite, &toolchain, &options, &executor}) {
    out += '/';
    out += encode_stream_part(*part);
  }
  return out;
}

std::expected<Stream, std::string> Stream::parse(std::string_view text) {
  static constexpr std::array<std::string_view, 5> names{"target", "suite", "toolchain", "options", "executor"};
  const auto parts = split(text, '/');
  if (parts.size() != names.size())
    return std::unexpected("a stream has five parts, target/suite/toolchain/options/executor, and this one has " +
                           std::to_string(parts.size()));
  Stream stream;
  const std::array<std::string*, 5> fields{&stream.target, &stream.suite, &stream.toolchain, &stream.options,
                                           &stream.executor};
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto part = decode_part(parts[i], names[i]);
    if (!part) return std::unexpected(part.error());
    *fields[i] = *std::move(part);
  }
  return stream;
}

}  // namespace xtest
