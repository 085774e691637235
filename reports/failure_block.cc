// SPDX-License-Identifier: Apache-2.0
#include "reports/failure_block.h"

#include "runner/base/text.h"
#include "runner/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace xtest {
namespace {

constexpr std::string_view indent = "   ";
constexpr std::size_t most_lines = 40, most_attempts = 5;

// A glob that only `text` matches. What no terminal shows is any one character.
std::string glob_of(std::string_view text) {
  std::string glob;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = decode_utf8(text, at).length;
    const std::string_view one = text.substr(at, length);
    const bool trimmed = one == " " && (at == 0 || at + 1 == text.size());
    if (trimmed || std::string_view("*?[()").contains(one)) glob += fmt::format("[{}]", one);
    else if (safe_text(one) == one) glob += one;
    else glob += '?';
    at += length;
  }
  return glob;
}

bool is_filter_word(std::string_view id) {
  return std::ranges::all_of(id, [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || std::string_view("_-.:*?[]/%+").contains(static_cast<char>(c)));
  });
}

// The filter that selects what the glob matches; `text` is what the glob was made of.
std::string filter_of(std::string_view text, const std::string& glob) {
  return is_filter_word(text) ? glob : "test(" + glob + ")";
}

// The user's own targets and suites, as the run was told of them: without these words its tests are not found again.
std::vector<std::string> own_places(const std::vector<std::string>& argv, const std::string& suite) {
  std::vector<std::string> words;
  bool names_suites = false;
  for (std::size_t at = 0; at < argv.size(); ++at) {
    const std::string name = argv[at].substr(0, argv[at].find('='));
    names_suites = names_suites || name == "--suite" || name == "-s" || name == "--suites-dir";
    if (name != "--targets-dir" && name != "--target-file" && name != "--suites-dir") continue;
    words.push_back(argv[at]);
    if (name == argv[at] && at + 1 < argv.size()) words.push_back(argv[++at]);
  }
  if (names_suites) words.insert(words.end(), {"--suite", suite});
  return words;
}

std::string run_command(const RunStarted& run, const Stream& stream, const std::string& filter) {
  std::vector<std::string> words = {"xtest", "run", "--target", stream.target};
  if (stream.executor != "none") words.insert(words.end(), {"--on", stream.executor});
  for (std::string& word : own_places(run.argv, stream.suite)) words.push_back(std::move(word));
  words.insert(words.end(), {"--filter", filter});
  return sh_join(words);
}

std::string rule(int width) {
  std::string line;
  for (int i = 0; i < width; ++i) line += "─";
  return line;
}

std::string head_line(const ResultView& result, const BlockStyle& style) {
  const std::string target = safe_text(place_text(result.run, result.stream.stream)), id = safe_text(result.id);
  const std::string kind = safe_text(result.outcome.kind), word = status_word(result.outcome.status);
  const std::string end = kind.empty() ? "──" : " " + kind + " ──";
  const int used = 3 + columns(word) + 1 + columns(target) + 2 + columns(id) + 1 + columns(end);
  return fmt::format("── {} {}  {} {}{}\n", style.paint(status_color(result.outcome.status), word), target,
                     style.paint(Color::bold, id), rule(std::max(1, style.width - used)), end);
}

std::string facts_line(const ResultView& result) {
  const Seen* seen = result.history.deciding(result.outcome);
  std::string facts;
  const auto add = [&](const std::string& text) { facts += (facts.empty() ? "" : "   ") + text; };
  if (seen) {
    add(fmt::format("attempt {}/{}", seen->attempt, std::max(seen->attempt, result.outcome.attempts)));
    add(human_duration(std::chrono::duration_cast<std::chrono::milliseconds>(seen->observed.duration)));
    if (!seen->reused_from.empty()) add("taken over from " + short_run(seen->reused_from));
  }
  const Stream& stream = result.stream.stream;
  add(stream.executor + (result.stream.executor_identity.empty() || result.stream.executor_identity == stream.executor
                             ? ""
                             : " (" + result.stream.executor_identity + ")"));
  add(stream.toolchain + (stream.options == "default" ? "" : " " + stream.options));
  return std::string(indent) + safe_text(facts) + "\n";
}

std::string earlier_attempts(const ResultView& result) {
  const Seen* deciding = result.history.deciding(result.outcome);
  std::string text;
  std::size_t shown = 0;
  for (const Seen& seen : result.history.attempts) {
    if (&seen == deciding || ++shown > most_attempts) continue;
    const std::string message = safe_text(truncate_middle(seen.observed.message, 256, 64));
    text += fmt::format("{}attempt {}{}: {}{}{}\n", indent, seen.attempt, on_text(seen), to_string(seen.observed.status),
                        message.empty() ? "" : ": ", message);
  }
  return text;
}

std::string output_lines(std::string_view output, const BlockStyle& style) {
  if (trim(output).empty() || style.output_cap == 0) return {};
  const std::string safe =
      safe_text(truncate_middle(output, style.output_cap / 4, style.output_cap * 3 / 4), Lines::keep);
  std::vector<std::string_view> lines = split(safe, '\n');
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::string text;
  const std::size_t head = most_lines / 4, tail = most_lines - head;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines.size() > most_lines && i == head) {
      text += fmt::format("{}| ... {} lines left out, the log has them ...\n", indent, lines.size() - most_lines);
      i = lines.size() - tail;
    }
    text += fmt::format("{}| {}\n", indent, lines[i]);
  }
  return text;
}

}  // namespace

std::string failure_block(const ResultView& result, const BlockStyle& style) {
  const Seen* seen = result.history.deciding(result.outcome);
  std::string block = head_line(result, style);
  block +=
      wrap(safe_text(truncate_middle(what_happened(result.outcome, result.history), 1500, 500)), style.width, indent);
  block += facts_line(result);
  if (result.outcome.status == Status::emulator && !result.outcome.expectation.empty()) {
    block += wrap(safe_text("known lie: " + result.outcome.expectation), style.width, indent);
  } else if (!result.outcome.expectation.empty()) {
    block +=
        wrap(safe_text(fmt::format("expected to fail ({}): {}", result.outcome.expectation, result.outcome.reason)),
             style.width, indent);
  }
  if (seen && !seen->observed.hint.empty()) {
    block += wrap(safe_text("diagnosis: " + seen->observed.hint, Lines::keep), style.width, indent);
  }
  block += earlier_attempts(result);
  if (seen) block += output_lines(seen->observed.output, style);
  block += fmt::format("{}repro: {}\n", indent, safe_text(repro_command(result.run, result.stream.stream, result.id)));
  block += fmt::format("{}log:   {}\n", indent, safe_text(log_command(result.run.run, result.id)));
  return block;
}

std::string result_line(const ResultView& result, const BlockStyle& style) {
  const std::string word = status_word(result.outcome.status);
  const std::string happened = safe_text(truncate_middle(what_happened(result.outcome, result.history), 400, 100));
  const std::string kind = result.outcome.kind.empty() ? "" : safe_text(result.outcome.kind) + ": ";
  return fmt::format("{}{}  {}  {}  {}{}\n", style.paint(status_color(result.outcome.status), word),
                     std::string(word.size() < 10 ? 10 - word.size() : 0, ' '),
                     safe_text(place_text(result.run, result.stream.stream)), safe_text(result.id), kind, happened);
}

std::string place_text(const RunStarted& run, const Stream& stream) {
  const bool has_several = std::ranges::count(run.targets, stream.target, &TargetInfo::triple) > 1;
  return stream.target + (has_several && stream.executor != "none" ? " (" + stream.executor + ")" : "");
}

std::string what_happened(const Outcome& outcome, const History& history) {
  if (outcome.status == Status::xpass) {
    return "passed, though it was expected to fail" + (outcome.reason.empty() ? "" : ": " + outcome.reason);
  }
  if (outcome.status == Status::flaky) {
    for (const Seen& seen : history.attempts) {
      if (weight(seen.observed.status) != Weight::bad) continue;
      return fmt::format("passed on attempt {}; before that {}: {}", outcome.attempts, to_string(seen.observed.status),
                         seen.observed.message);
    }
    return fmt::format("passed on attempt {}", outcome.attempts);
  }
  const Seen* seen = history.deciding(outcome);
  const std::string message = seen ? seen->observed.message : "";
  const bool is_attributed = outcome.status == Status::emulator || weight(outcome.status) == Weight::bad;
  if (!message.empty() && !outcome.reason.empty() && is_attributed) return message + "; " + outcome.reason;
  if (!message.empty()) return message;
  if (!outcome.reason.empty()) return outcome.reason;
  return outcome.status == Status::not_run ? "it was not run" : "nothing more is known";
}

std::string on_text(const Seen& seen) { return seen.confirmer.empty() ? "" : " on " + safe_text(seen.confirmer); }

std::string repro_command(const RunStarted& run, const Stream& stream, const std::string& id) {
  return run_command(run, stream, filter_of(id, glob_of(id)));
}

std::string suite_repro_command(const RunStarted& run, const Stream& stream) {
  return run_command(run, stream, filter_of(stream.suite, glob_of(stream.suite) + "::*"));
}

std::string log_command(const std::string& run, const std::string& id) {
  const std::vector<std::string> words = {"xtest", "show", short_run(run) + "::" + glob_of(id)};
  return sh_join(words);
}

std::string short_run(const std::string& run) { return run.substr(0, 14); }

std::string status_word(Status status) {
  std::string word(to_string(status));
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

Color status_color(Status status) {
  switch (status) {
    case Status::pass: return Color::green;
    case Status::skip:
    case Status::level:
    case Status::xfail: return Color::dim;
    case Status::flaky:
    case Status::emulator:
    case Status::infra:
    case Status::not_run: return Color::yellow;
    default: return Color::red;
  }
}

}  // namespace xtest
