// SPDX-License-Identifier: Apache-2.0
// libtest's text for people: `test NAME ... ok`, then what failing tests printed, then `test result: ...`. The verdict of a test
// is what stands last before the next test's line, for the test may print between its name and its verdict.
#include "runner/base/text.h"
#include "runner/dialects/libtest.h"

#include <charconv>
#include <utility>

namespace xtest {
namespace {

constexpr std::string_view kDots = " ... ";
constexpr std::size_t kLongestRemark = 32;   // " - should panic"

std::string_view without_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// "running 3 tests"
std::optional<std::uint64_t> beginning(std::string_view line) {
  if (!take(line, "running ")) return std::nullopt;
  const auto number = take_number(line);
  return line == " test" || line == " tests" ? number : std::nullopt;
}

// "test result: ok. 1 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s"
std::optional<LibtestCounts> ending(std::string_view line) {
  if (!take(line, "test result: ok. ") && !take(line, "test result: FAILED. ")) return std::nullopt;
  const auto passed = take_number(line), failed = take(line, " passed; ") ? take_number(line) : std::nullopt;
  const auto ignored = take(line, " failed; ") ? take_number(line) : std::nullopt;
  const auto measured = take(line, " ignored; ") ? take_number(line) : std::nullopt;
  if (!passed || !failed || !ignored || !measured || !line.starts_with(" measured")) return std::nullopt;
  return LibtestCounts{*passed, *failed, *ignored, *measured};
}

struct Verdict {
  std::size_t at = 0;                     // where it begins
  Observed seen;
  bool measured = false;
};

// What a line ends with.
std::optional<Verdict> verdict(std::string_view line) {
  Verdict found;
  if (const std::size_t time = line.rfind(" <"); time != std::string_view::npos && line.ends_with("s>")) line = line.substr(0, time);
  for (const std::string_view word : {"ignored, ", "bench: "}) {
    if (!line.starts_with(word)) continue;
    found.measured = word == "bench: ";
    found.seen.status = found.measured ? Status::pass : Status::skip;
    if (!found.measured) found.seen.kind = "unsupported", found.seen.message = "ignored by the suite: " + std::string(line.substr(word.size()));
    return found;
  }
  for (const std::string_view word : {"ok", "FAILED", "ignored"}) {
    if (!line.ends_with(word)) continue;
    found.at = line.size() - word.size();
    found.seen.status = word == "ok" ? Status::pass : word == "FAILED" ? Status::fail : Status::skip;
    if (word == "FAILED") found.seen.kind = "wrong-output", found.seen.message = "failed without a panic";
    if (word == "ignored") found.seen.kind = "unsupported", found.seen.message = "ignored by the suite";
    return found;
  }
  return std::nullopt;
}

class TextStream final : public LibtestStream {
 public:
  explicit TextStream(LibtestAccount& account) : LibtestStream(account) {}

 private:
  void line(std::string_view text, bool is_whole) override {
    const std::string_view words = without_end(text);
    if (ended_) return;
    if (!begun_) return before(words);
    if (const auto counts = is_whole ? ending(words) : std::nullopt) return finish_all(*counts);
    if (telling_) return output_section(text, words);
    if (words == "failures:" || words == "successes:") {
      settle();
      telling_ = true;
      return;
    }
    if (!header(words)) more(text);
  }

  void before(std::string_view words) {
    const auto count = beginning(words);
    if (!count) return;
    begun_ = true;
    account_.suite_begins(*count);
  }

  void finish_all(const LibtestCounts& counts) {
    settle();
    hand_over();
    ended_ = true;
    account_.suite_ends(counts);
  }

  // "test NAME ... " with what follows; the name may be followed by " - should panic".
  bool header(std::string_view words) {
    if (!words.starts_with("test ")) return false;
    const std::string_view line = words;
    words = words.substr(0, 5 + account_.longest_name() + kLongestRemark + kDots.size());
    for (std::size_t dots = words.find(kDots); dots != std::string_view::npos; dots = words.find(kDots, dots + 1)) {
      std::string name(words.substr(5, dots - 5));
      if (const auto remark = name.rfind(" - "); !account_.knows(name) && remark != std::string::npos) name.resize(remark);
      if (!account_.knows(name)) continue;
      settle();
      account_.begins(name);
      pending_ = name;
      last_ = line.substr(dots + kDots.size());
      return true;
    }
    return false;
  }

  void more(std::string_view text) {
    if (!pending_) return;
    if (without_end(text).empty()) {
      gap_ += text;
      return;
    }
    if (!last_.empty()) account_.prints(last_ + '\n');
    account_.prints(std::exchange(gap_, {}));
    last_ = without_end(text);
  }

  // The test whose line came last is over, or its account is.
  void settle() {
    if (!pending_) return;
    const std::string name = *std::exchange(pending_, std::nullopt);
    gap_.clear();
    auto found = verdict(last_);
    if (!found) return account_.blame("a test has no verdict: '" + repair_utf8(name.substr(0, 200)) + '\'');
    account_.prints(std::string_view(last_).substr(0, found->at));
    if (found->measured) account_.measured(name);
    else account_.ends(name, std::move(found->seen));
  }

  // "---- NAME stdout ----" and what it printed.
  void output_section(std::string_view text, std::string_view words) {
    std::string_view name = words;
    if (take(name, "---- ") && name.ends_with(" stdout ----")) {
      name.remove_suffix(std::string_view(" stdout ----").size());
      if (account_.knows(std::string(name))) {
        hand_over();
        told_ = name;
        return;
      }
    }
    if (words == "failures:") return hand_over();
    if (told_) section_ += text;
  }

  void hand_over() {
    if (told_) account_.has_output(*told_, section_);
    told_.reset();
    section_.clear();
  }

  void end() override { hand_over(); }

  bool begun_ = false, telling_ = false, ended_ = false;
  std::optional<std::string> pending_;   // the test whose verdict is awaited
  std::string last_;                     // the last line behind its name
  std::string gap_;                      // empty lines behind that one
  std::optional<std::string> told_;      // the test whose output is being told
  std::string section_;
};

}  // namespace

std::unique_ptr<LibtestStream> make_libtest_text(LibtestAccount& account) { return std::make_unique<TextStream>(account); }

}  // namespace xtest
