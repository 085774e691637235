// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/frames.h"

#include "emulators/sh/encoding.h"
#include "runner/base/text.h"

#include <charconv>
#include <optional>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t most_of_a_header = 64u << 10;

std::optional<std::uint64_t> number(std::string_view word) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || parsed.ec != std::errc() || parsed.ptr != word.data() + word.size()) return std::nullopt;
  return value;
}

// The word before the first blank; the rest is left.
std::string_view cut_word(std::string_view& text) {
  const auto blank = text.find(' ');
  const auto word = text.substr(0, blank);
  text = blank == text.npos ? std::string_view() : text.substr(blank + 1);
  return word;
}

std::optional<ShFrame> parsed(std::string_view header) {
  ShFrame frame;
  const auto seq = number(cut_word(header));
  if (!seq) return std::nullopt;
  frame.seq = static_cast<std::uint32_t>(*seq);
  frame.kind = cut_word(header);
  frame.rest = header;
  for (const auto word : split(header, ' ')) frame.words.emplace_back(word);
  if (frame.kind.empty()) return std::nullopt;
  return frame;
}

// Bytes that follow the header of "out", "err" and "piece": head and tail.
std::optional<std::uint64_t> size_of(const ShFrame& frame) {
  if (frame.kind != "out" && frame.kind != "err" && frame.kind != "piece") return 0;
  const auto head = frame.words.size() < 3 ? std::nullopt : number(frame.words[0]);
  const auto tail = head ? number(frame.words[1]) : std::nullopt;
  if (!tail || !number(frame.words[2]) || *head + *tail > *number(frame.words[2])) return std::nullopt;
  return *head + *tail;
}

std::string shown(std::string_view line) { return repair_utf8(line.substr(0, 200)); }

}  // namespace

ShFrames::ShFrames(std::string nonce, ShFraming framing) : nonce_(std::move(nonce) + " "), framing_(framing) {}

std::vector<ShFrame> ShFrames::feed(std::string_view bytes) {
  std::vector<ShFrame> frames;
  received_ += bytes;
  while (wrong_.empty() && take(frames)) {}
  return frames;
}

bool ShFrames::take(std::vector<ShFrame>& frames) {
  const auto end = received_.find('\n');
  if (end == received_.npos) {
    if (has_begun_ && received_.size() > most_of_a_header) wrong_ = "no frame: '" + shown(received_) + "'";
    return false;
  }
  std::string line = received_.substr(0, end);
  if (framing_ == ShFraming::lines && line.ends_with('\r')) line.pop_back();
  if (!line.starts_with(nonce_)) {
    if (has_begun_ && framing_ == ShFraming::bytes) wrong_ = "no frame: '" + shown(line) + "'";
    received_.erase(0, end + 1);
    return wrong_.empty();
  }
  if (framing_ == ShFraming::lines) {
    received_.erase(0, end + 1);
    has_begun_ = true;
    return take_header(line.substr(nonce_.size()), frames);
  }
  auto frame = parsed(std::string_view(line).substr(nonce_.size()));
  const auto size = frame ? size_of(*frame) : std::nullopt;
  if (!size) wrong_ = "a damaged frame: '" + shown(line) + "'";
  if (!size || received_.size() - end - 1 < *size) return false;
  has_begun_ = true;
  frame->bytes = received_.substr(end + 1, *size);
  received_.erase(0, end + 1 + *size);
  frames.push_back(std::move(*frame));
  return true;
}

// "- TEXT" is a part of bytes to come, "= N CRC" the answer to a block, "CRC HEADER" a header.
bool ShFrames::take_header(std::string line, std::vector<ShFrame>& frames) {
  std::string_view rest = line;
  const auto first = cut_word(rest);
  if (first == "-") {
    text_ += rest;
    text_ += '\n';
    return true;
  }
  if (first == "=") {
    const auto seq = number(cut_word(rest));
    if (seq) frames.push_back({static_cast<std::uint32_t>(*seq), "kept", std::string(rest), {}, {}});
    return true;
  }
  auto frame = is_checksum_of(first, rest) ? parsed(rest) : std::nullopt;
  const auto size = frame ? size_of(*frame) : std::nullopt;
  if (!size) {
    wrong_ = "a damaged frame: '" + shown(line) + "'";
    return false;
  }
  if (*size != 0) {
    const std::string of_bytes = frame->words.size() > 3 ? frame->words[3] : "";
    const std::string text = std::exchange(text_, "");
    auto bytes = from_hex(text);
    if (!bytes || bytes->size() != *size) bytes = from_base64(text);
    if (!bytes || bytes->size() != *size || !is_checksum_of(of_bytes, *bytes)) wrong_ = "damaged bytes of '" + frame->kind + "'";
    else frame->bytes = std::move(*bytes);
  }
  if (wrong_.empty()) frames.push_back(std::move(*frame));
  return wrong_.empty();
}

}  // namespace xtest
