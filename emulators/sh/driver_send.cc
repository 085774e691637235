// SPDX-License-Identifier: Apache-2.0
// What the far side is given: the driver itself, commands, files.
#include "emulators/sh/driver_state.h"
#include "emulators/sh/encoding.h"
#include "runner/base/error.h"
#include "runner/base/hash.h"
#include "runner/base/random.h"
#include "runner/base/text.h"

#include <limits>

namespace xtest {
namespace {

constexpr std::size_t block_of_base64 = 3072, block_of_octal = 900;   // as text below the 4 KiB that a tty's reader holds
constexpr int tries_of_a_block = 4;
constexpr std::uint64_t most_of_files_by_line = 1u << 20;   // some minutes at 115200 baud

}  // namespace

Task<void> ShDriver::State::greet() {
  if (options.framing == ShFraming::lines) {
    std::string script = line_driver_script(options.facts.nonce, "xtest-" + random_hex(8), options.wanted_folder);
    co_await load(std::move(script));
  } else {
    line->write(driver_script(options.facts));
  }
  if (guard) guard->write(guard_script(options.facts));
  const std::function<bool()> is_told = [this] { return told.contains("why") || (is_ready && (!guard || guards)); };
  const bool greeted = co_await hear(is_told, options.patience);
  if (!why_dead.empty()) throw Error(ErrorKind::infra, why_dead);
  if (const auto why = told.find("why"); why != told.end()) throw Error(ErrorKind::infra, "there is no place for programs on the far side: " + why->second);
  if (!greeted) throw Error(ErrorKind::infra, "the far side's sh does not say that it is ready");
  if (options.framing == ShFraming::lines) options.facts.folder = told["folder"];
}

Task<void> ShDriver::State::load(std::string script) {
  line->write(loader_line(options.facts.nonce));
  for (std::size_t at = 0; at < script.size(); at += block_of_octal) {
    const std::string piece = script.substr(at, block_of_octal);
    const std::uint32_t seq = next_seq++;
    line->write("X " + std::to_string(seq) + " '" + to_octal(piece) + "'\n");
    co_await wait_kept(seq);
    has_cksum = kept.size() <= 10;
    if (!is_checksum_of(kept, std::string_view(script).substr(0, at + piece.size())))
      throw Error(ErrorKind::infra, "the far side's sh does not take its script");
  }
  line->write("eval \"$s\"\n");
}

std::string ShDriver::State::text_of(ShRun& run) {
  const bool by_line = options.framing == ShFraming::lines;
  ShRunFacts facts;
  facts.seq = run.seq;
  facts.watch = guard ? 0 : (run.command.limits.wall.count() + 999) / 1000;
  facts.most_of_files = by_line ? most_of_files_by_line : std::numeric_limits<std::int64_t>::max();
  run.follows = !by_line && !runs.empty();
  facts.tells_start = !run.follows;
  return commands.of(run.command, facts);
}

// A long line is more than a serial line's reader holds while its shell is busy: it goes as a file.
Task<void> ShDriver::State::send(std::string text) {
  if (options.framing == ShFraming::bytes) {
    line->write(text);
    co_return;
  }
  const std::string file = options.facts.folder + "/sh/command";
  co_await put(file, std::move(text));
  line->write(". " + file + "\n");
}

// As text first: what is decoded at once costs the far side few processes.
Task<void> ShDriver::State::put(std::string path, std::string bytes) {
  if (!why_dead.empty()) throw Error(ErrorKind::infra, why_dead);
  const std::string sum = has_cksum ? std::to_string(posix_cksum(bytes)) : sha256_hex(bytes);
  const std::string text = has_base64 ? to_base64(bytes) : bytes;
  const std::size_t block = has_base64 ? block_of_base64 : block_of_octal;
  line->write(": >text\n");
  for (std::size_t at = 0; at < text.size(); at += block) {
    std::string piece = has_base64 ? text.substr(at, block) : to_octal(std::string_view(text).substr(at, block));
    co_await put_block(std::move(piece));
  }
  const std::uint32_t seq = next_seq++;
  const std::string to = sh_quote(path), decode = has_base64 ? "base64 -d <text >" : "cat <text >";
  line->write(decode + to + "; c=$(Y <" + to + "); printf '%s\\n' \"$N = " + std::to_string(seq) + " ${c%% *}\"\n");
  co_await wait_kept(seq);
  if (kept != sum) throw Error(ErrorKind::infra, path + " on the far side is not what was sent");
}

Task<void> ShDriver::State::put_block(std::string text) {
  const std::string checksum = has_cksum ? std::to_string(posix_cksum(text)) : sha256_hex(text);
  for (int attempt = 0; attempt < tries_of_a_block; ++attempt) {
    const std::uint32_t seq = next_seq++;
    line->write("B " + std::to_string(seq) + (has_base64 ? " base64 '" : " octal '") + text + "' " + checksum + "\n");
    co_await wait_kept(seq);
    if (kept == checksum) co_return;
  }
  throw Error(ErrorKind::infra, "a block arrives damaged on the far side each time it is sent");
}

Task<void> ShDriver::State::wait_kept(std::uint32_t seq) {
  const std::function<bool()> is_kept = [this, seq] { return kept_seq == seq; };
  if (co_await hear(is_kept, options.patience)) co_return;
  throw Error(ErrorKind::infra, why_dead.empty() ? "the far side's sh does not answer" : why_dead);
}

}  // namespace xtest
