// SPDX-License-Identifier: Apache-2.0
#include "runner/dialects/trailer.h"

#include "runner/base/text.h"
#include "runner/dialects/exit_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t kLongestLine = 8192;
constexpr std::size_t kFailuresKept = 100;
constexpr std::size_t kOutputHead = 12u << 10, kOutputTail = 36u << 10;

// Takes the first word off `text`, and the one space behind it.
std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Trailer::End end_from(std::string_view word) {
  if (word == "ok") return Trailer::End::ok;
  if (word == "bad") return Trailer::End::bad;
  return word == "skip" ? Trailer::End::skip : Trailer::End::missing;
}

// What does not fit between the end line and the lines before it, or empty.
std::string disagreement(const Trailer& trailer) {
  switch (trailer.end) {
    case Trailer::End::missing: return "no trailer";
    case Trailer::End::ok:
      if (trailer.checks == 0) return "the trailer says ok after no check at all";
      if (trailer.failed != 0) return fmt::format("the trailer says ok and {} failed", trailer.failed);
      if (trailer.fail_lines != 0) return fmt::format("the trailer says ok after {} failed checks", trailer.fail_lines);
      if (!trailer.skip_reason.empty()) return "the trailer says ok after a skip";
      return {};
    case Trailer::End::bad:
      if (trailer.failed == 0 || trailer.failed > trailer.checks || trailer.failed != trailer.fail_lines)
        return fmt::format("the trailer says {} of {} checks failed, {} were reported", trailer.failed, trailer.checks,
                           trailer.fail_lines);
      return {};
    case Trailer::End::skip:
      if (trailer.skip_reason.empty()) return "the trailer says skip without a reason";
      if (trailer.fail_lines != 0 || trailer.failed != 0) return "the trailer says skip after failed checks";
      return {};
  }
  return {};
}

std::string broken(const Trailer& trailer, const Completion& completion) {
  if (!trailer.trouble.empty()) return trailer.trouble;
  if (completion.out.skipped != 0)
    return fmt::format("stdout was too long to keep ({} of {} bytes left out), so the account has a gap",
                       completion.out.skipped, completion.out.total);
  if (std::string why = disagreement(trailer); !why.empty()) return why;
  const bool exited_well = exited_with(completion, 0);
  if (trailer.end == Trailer::End::bad && exited_well) return "the trailer says bad, but the exit code is 0";
  if (trailer.end != Trailer::End::bad && !exited_well)
    return fmt::format("the trailer says {}, but the program {}", trailer.end == Trailer::End::ok ? "ok" : "skip",
                       describe(completion.how));
  return {};
}

std::string first_failure(const Trailer& trailer) {
  if (trailer.failures.empty()) return {};
  const Trailer::Failure& first = trailer.failures.front();
  std::string text = first.detail.empty() ? first.key : first.key + ": " + first.detail;
  if (trailer.fail_lines > 1) text += fmt::format(" (and {} more)", trailer.fail_lines - 1);
  return text;
}

void judge_exit(const Trailer& trailer, const Completion& completion, TrailerVerdict& verdict) {
  Observed& observed = verdict.observed;
  const std::string trouble = broken(trailer, completion);
  if (trouble.empty() && trailer.end == Trailer::End::ok) {
    observed.status = Status::pass;
  } else if (trouble.empty() && trailer.end == Trailer::End::skip) {
    observed.status = Status::skip;
    observed.kind = "unsupported";
    observed.message = trailer.skip_reason;
  } else if (trailer.end == Trailer::End::bad && trailer.fail_lines > 0) {
    observed.status = Status::fail;
    observed.kind = trouble.empty() ? "wrong-output" : "protocol";
    observed.message = trouble.empty() ? first_failure(trailer) : trouble + "; " + first_failure(trailer);
  } else {
    observed.status = Status::fail;
    observed.kind = "protocol";
    observed.message = trouble;
    if (trailer.end == Trailer::End::missing) {
      observed.message += ": the program " + describe(completion.how);
      if (!trailer.failures.empty()) observed.message += " after " + first_failure(trailer);
      verdict.keys.push_back({"no-trailer", describe(completion.how)});
    } else if (!exited_with(completion, 0)) {
      verdict.keys.push_back({"exit-code", describe(completion.how)});
    }
  }
}

void judge_violent(const Trailer& trailer, Observed violent, TrailerVerdict& verdict) {
  if (violent.status == Status::crash) verdict.keys.push_back({"crash", violent.message});
  if (violent.status == Status::timeout) verdict.keys.push_back({"timeout", violent.message});
  if (violent.status != Status::infra) {
    if (!trailer.failures.empty()) violent.message += " after " + first_failure(trailer);
    else if (trailer.end == Trailer::End::ok) violent.message += " after its trailer said ok";
  }
  verdict.observed = std::move(violent);
}

}  // namespace

TrailerReader::TrailerReader(std::string_view nonce)
    : prefix_("@xtest " + std::string(nonce) + ' '), output_(kOutputHead, kOutputTail) {}

void TrailerReader::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::size_t length = newline == std::string_view::npos ? bytes.size() : newline + 1;
    feed_piece(bytes.substr(0, length));
    if (newline != std::string_view::npos) end_line();
    bytes.remove_prefix(length);
  }
}

// One line, or a part of one; ends with its newline if it has one.
void TrailerReader::feed_piece(std::string_view piece) {
  if (mode_ == Mode::plain) return other(piece);
  if (mode_ == Mode::overlong) return;
  const std::size_t room = kLongestLine - line_.size();
  line_.append(piece.substr(0, room));
  if (!line_.starts_with(prefix_) && !prefix_.starts_with(line_)) {
    mode_ = Mode::plain;
    other(std::exchange(line_, {}));
    return other(piece.substr(std::min(room, piece.size())));
  }
  if (piece.size() <= room) return;
  mode_ = Mode::overlong;
  blame(fmt::format("a line of the protocol is longer than {} bytes", kLongestLine));
}

void TrailerReader::end_line() {
  if (mode_ == Mode::start) {
    std::string_view line = line_;
    line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    protocol_line(line.substr(prefix_.size()));
  }
  line_.clear();
  mode_ = Mode::start;
}

void TrailerReader::protocol_line(std::string_view line) {
  output_.add("@xtest ");
  output_.add(line);
  output_.add("\n");
  if (trailer_.end != Trailer::End::missing) return blame("the protocol goes on after its trailer");
  std::string_view rest = line;
  const std::string_view verb = take_word(rest);
  if (verb == "fail") return fail_line(rest);
  if (verb == "end") return trailer_line(rest);
  if (verb == "skip" && !rest.empty()) {
    if (trailer_.skip_reason.empty()) trailer_.skip_reason = rest;
    return;
  }
  if (verb != "note") blame(fmt::format("a line of the protocol that means nothing: '{}'", line.substr(0, 80)));
}

void TrailerReader::fail_line(std::string_view rest) {
  const std::string_view key = take_word(rest);
  if (key.empty()) return blame("a failed check without a key");
  ++trailer_.fail_lines;
  if (trailer_.failures.size() < kFailuresKept) trailer_.failures.push_back({std::string(key), std::string(rest)});
}

void TrailerReader::trailer_line(std::string_view rest) {
  const std::string_view whole = rest;
  const Trailer::End end = end_from(take_word(rest));
  const auto checks = number(take_word(rest));
  const auto failed = number(rest);
  if (end == Trailer::End::missing || !checks || !failed)
    return blame(fmt::format("a trailer that means nothing: 'end {}'", whole.substr(0, 80)));
  trailer_.end = end;
  trailer_.checks = *checks;
  trailer_.failed = *failed;
}

void TrailerReader::other(std::string_view text) {
  output_.add(text);
  if (trailer_.end != Trailer::End::missing && !trim(text).empty()) blame("there is more output after the trailer");
}

void TrailerReader::blame(std::string what) {
  if (trailer_.trouble.empty()) trailer_.trouble = std::move(what);
}

Trailer TrailerReader::finish() {
  if (mode_ == Mode::start && line_.starts_with(prefix_)) blame("the last line of the protocol is cut off");
  if (mode_ == Mode::start) other(std::exchange(line_, {}));
  trailer_.output = readable_output(output_.take(), {});
  return std::move(trailer_);
}

TrailerVerdict judge_trailer(const Trailer& trailer, const Completion& completion) {
  TrailerVerdict verdict;
  verdict.keys = trailer.failures;
  if (auto violent = observed_violent_end(completion)) judge_violent(trailer, *std::move(violent), verdict);
  else judge_exit(trailer, completion, verdict);
  Output shown;
  shown.text = trailer.output;
  verdict.observed.output = with_evidence(readable_output(shown, completion.err), completion);
  verdict.observed.duration = completion.usage.wall;
  return verdict;
}

}  // namespace xtest
