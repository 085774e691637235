// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/encoding.h"

#include "runner/base/hash.h"

#include <algorithm>
#include <array>
#include <set>

namespace xtest {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte << 24;
    for (int bit = 0; bit < 8; ++bit) rest = (rest << 1) ^ ((rest & 0x80000000u) != 0 ? 0x04C11DB7u : 0);
    table[byte] = rest;
  }
  return table;
}
constexpr auto kCrc = crc_table();

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::uint32_t posix_cksum(std::string_view bytes) {
  std::uint32_t crc = 0;
  const auto add = [&crc](unsigned char byte) { crc = (crc << 8) ^ kCrc[(crc >> 24) ^ byte]; };
  for (const char byte : bytes) add(static_cast<unsigned char>(byte));
  for (std::size_t length = bytes.size(); length != 0; length >>= 8) add(static_cast<unsigned char>(length & 0xff));
  return ~crc;
}

bool is_checksum_of(std::string_view word, std::string_view bytes) {
  return word == std::to_string(posix_cksum(bytes)) || word == sha256_hex(bytes);
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t left = bytes.size() - at;
    std::uint32_t three = 0;
    for (std::size_t i = 0; i < 3; ++i) three = three << 8 | (i < left ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i) text += i <= left ? kDigits[three >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t four = 0;
  int digits = 0, padding = 0;
  for (const char c : text) {
    if (is_blank(c)) continue;
    const auto value = c == '=' ? 0 : kDigits.find(c);
    if (value == kDigits.npos || (padding != 0 && c != '=')) return std::nullopt;
    if (c == '=') ++padding;
    four = four << 6 | static_cast<std::uint32_t>(value);
    if (++digits != 4) continue;
    if (padding > 2) return std::nullopt;
    for (int i = 0; i < 3 - padding; ++i) bytes += static_cast<char>(four >> (16 - 8 * i) & 0xff);
    digits = 0, four = 0;
  }
  if (digits != 0) return std::nullopt;
  return bytes;
}

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    if (is_blank(c)) continue;
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    if (high < 0) {
      high = digit;
      continue;
    }
    bytes += static_cast<char>(high << 4 | digit);
    high = -1;
  }
  if (high >= 0) return std::nullopt;
  return bytes;
}

// Ours are of one letter.
bool is_plain_variable(std::string_view pair) {
  static const std::set<std::string_view> shells_own{"BASHPID", "BASHOPTS", "CDPATH", "COLUMNS", "EGID", "ENV", "ERRNO", "EUID", "FUNCNAME",
                                                     "GID", "HISTFILE", "IFS", "LINENO", "LINES", "MAIL", "OLDPWD", "OPTARG", "OPTIND", "PGRP",
                                                     "PPID", "PWD", "RANDOM", "SECONDS", "SHELLOPTS", "SHLVL", "UID"};
  const std::string_view name = pair.substr(0, pair.find('='));
  const auto is_of_name = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.size() < 2 || name.size() == pair.size() || name[0] < 'A' || name[0] > 'Z' || !std::ranges::all_of(name, is_of_name)) return false;
  return !name.starts_with("LC_") && !name.starts_with("PS") && !shells_own.contains(name);
}

std::string to_octal(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += '\\';
    for (const int shift : {6, 3, 0}) text += static_cast<char>('0' + (byte >> shift & 7));
  }
  return text;
}

}  // namespace xtest
