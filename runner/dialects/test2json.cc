// SPDX-License-Identifier: Apache-2.0
#include "runner/dialects/test2json.h"

#include "runner/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t kLongestLine = 64u << 10, kEndKept = 8u << 10;
constexpr std::size_t kOutputHead = 4u << 10, kOutputTail = 12u << 10;
constexpr std::size_t kMessage = 500;
constexpr char kMark = '\x16';
constexpr std::array<std::string_view, 4> kUpdates = {"=== RUN   ", "=== PAUSE ", "=== CONT  ", "=== NAME  "};
constexpr std::array kReports = {std::pair<std::string_view, Status>{"--- PASS: ", Status::pass},
                                 std::pair<std::string_view, Status>{"--- FAIL: ", Status::fail},
                                 std::pair<std::string_view, Status>{"--- SKIP: ", Status::skip}};

// "TestA (0.02s)"
bool read_name_and_time(std::string_view text, std::string_view& name, std::chrono::microseconds& time) {
  const std::size_t blank = text.rfind(" (");
  if (blank == text.npos || blank == 0 || !text.ends_with("s)")) return false;
  const std::string_view number = text.substr(blank + 2, text.size() - blank - 4);
  double seconds = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), seconds);
  if (error != std::errc{} || end != number.data() + number.size() || !(seconds >= 0 && seconds < 1e9)) return false;
  name = text.substr(0, blank);
  time = std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
  return true;
}

// What t.Log and its like print: "    file_test.go:12: text".
bool is_logged(std::string_view text) {
  const std::size_t colon = text.find(".go:");
  if (!text.starts_with("    ") || colon == text.npos) return false;
  std::size_t at = colon + 4;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at > colon + 4 && text.substr(at).starts_with(": ") && trim(text.substr(0, colon)).find(' ') == std::string_view::npos;
}

GoTest::State state_of(Status status) {
  if (status == Status::pass) return GoTest::State::pass;
  return status == Status::fail ? GoTest::State::fail : GoTest::State::skip;
}

std::string_view test_part(std::string_view name) { return name.substr(0, name.find('/')); }

}  // namespace

GoTestLog::GoTestLog(std::span<const std::string> names, bool marked)
    : marked_(marked), names_(names.begin(), names.end()), outputs_(names.size(), Capture(kOutputHead, kOutputTail)) {
  for (std::size_t at = 0; at < names_.size(); ++at) numbers_.emplace(names_[at], at);
  account_.tests.resize(names_.size());
}

void GoTestLog::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    line_.append(bytes.substr(0, newline));
    if (newline == bytes.npos) bytes = {};
    else bytes.remove_prefix(newline + 1);
    if (newline != bytes.npos) {
      line(line_);
      line_.clear();
      cut_ = false;
    } else if (line_.size() > kLongestLine) {
      output(std::string_view(line_).substr(0, line_.size() - kEndKept));
      line_.erase(0, line_.size() - kEndKept);
      cut_ = true;
    }
  }
}

void GoTestLog::line(std::string_view text) {
  if (marked_) {
    const std::size_t mark = text.rfind(kMark);
    if (mark != text.npos && event_behind(text, mark, 1, false)) return;
  }
  const bool is_end = text == "PASS" || text == "FAIL";
  if (!cut_ && (!marked_ || is_end) && event(text, false)) return;
  if (!marked_ && glued_event(text)) return;
  output(text);
  output("\n");
}

bool GoTestLog::event(std::string_view text, bool glued) {
  if (text == "PASS" || text == "FAIL") {
    account_.end = text == "PASS" ? GoAccount::End::pass : GoAccount::End::fail;
    return true;
  }
  for (const std::string_view verb : kUpdates) {
    if (text.starts_with(verb)) return update(verb, trim(text.substr(verb.size())), glued);
  }
  std::size_t indent = 0;
  for (; text.starts_with("    "); text.remove_prefix(4)) ++indent;
  return report(text, indent, glued);
}

// Behind something that a test printed without a newline.
bool GoTestLog::glued_event(std::string_view text) {
  std::size_t at = std::string_view::npos;
  const auto look_for = [&](std::string_view word) {
    const std::size_t found = text.rfind(word);
    if (found != text.npos && (at == text.npos || found > at)) at = found;
  };
  for (const std::string_view verb : kUpdates) look_for(verb);
  for (const auto& [word, status] : kReports) look_for(word);
  return at != text.npos && event_behind(text, at, 0, true);
}

// What stands before it is of the test that had the word.
bool GoTestLog::event_behind(std::string_view text, std::size_t at, std::size_t mark, bool glued) {
  const auto before = current_;
  if (!event(text.substr(at + mark), glued)) return false;
  if (before && at > 0) outputs_[*before].add(std::string(text.substr(0, at)) + "\n");
  return true;
}

bool GoTestLog::update(std::string_view verb, std::string_view name, bool glued) {
  GoTest* test = test_of(name);
  if (!test) return false;
  const bool is_test = find(name).has_value();
  if (verb == kUpdates[0]) return is_test ? begin(name, glued) : begin_subtest(name);
  if (!is_open(*test)) return false;
  if (is_test && verb == kUpdates[1]) test->state = GoTest::State::paused;
  if (is_test && verb == kUpdates[2]) test->state = GoTest::State::running;
  account_.end = GoAccount::End::missing;
  give_word(name);
  return true;
}

bool GoTestLog::begin(std::string_view name, bool glued) {
  GoTest& test = *test_of(name);
  if (test.state != GoTest::State::waiting) {
    if (!glued) blame(std::string(name) + " begins twice");
    return false;
  }
  test.state = GoTest::State::running;
  account_.end = GoAccount::End::missing;
  give_word(name);
  return true;
}

bool GoTestLog::begin_subtest(std::string_view name) {
  if (!is_open(*test_of(name)) || !open_subtests_.try_emplace(std::string(name)).second) return false;
  account_.end = GoAccount::End::missing;
  give_word(name);
  return true;
}

bool GoTestLog::report(std::string_view text, std::size_t indent, bool glued) {
  for (const auto& [word, status] : kReports) {
    if (!text.starts_with(word)) continue;
    Report told{status, {}, {}};
    if (!read_name_and_time(text.substr(word.size()), told.name, told.duration)) return false;
    if (told.name.find('/') != told.name.npos) return end_subtest(told, indent);
    return indent == 0 && end_test(told, text, glued);
  }
  return false;
}

bool GoTestLog::end_test(const Report& told, std::string_view text, bool glued) {
  const auto number = find(told.name);
  if (!number) return false;
  GoTest& test = account_.tests[*number];
  if (!is_open(test)) {
    if (!glued) blame(std::string(told.name) + (test.state == GoTest::State::waiting ? " ends without having begun" : " ends twice"));
    return false;
  }
  test.state = state_of(told.status);
  test.duration = told.duration;
  if (told.status != Status::pass) outputs_[*number].add(std::string(text) + "\n");
  account_.end = GoAccount::End::missing;
  account_.last = number;
  give_word(told.name);      // why it is skipped may follow, and how its subtests ended
  return true;
}

// Without marks they are told when their test has ended; before that, somebody else tells of them.
bool GoTestLog::end_subtest(const Report& told, std::size_t indent) {
  const auto number = find(test_part(told.name));
  const auto open = open_subtests_.find(std::string(told.name));
  if (!number || open == open_subtests_.end()) return false;
  if (!marked_ && (indent == 0 || is_open(account_.tests[*number]))) return false;
  GoSubtest& subtest = account_.subtests.emplace_back();
  subtest.test = *number;
  subtest.name = told.name.substr(told.name.find('/') + 1);
  subtest.status = told.status;
  subtest.duration = told.duration;
  if (told.status != Status::pass) {
    subtest.message = std::move(open->second);
    outputs_[*number].add("--- " + std::string(to_string(told.status)) + ": " + std::string(told.name) + "\n");
    if (told.status == Status::fail) blame_subtest(*number, subtest);
  }
  if (current_message_ == &open->second) current_message_ = nullptr;
  open_subtests_.erase(open);
  account_.end = GoAccount::End::missing;
  return true;
}

// The first that failed with a word explains its test.
void GoTestLog::blame_subtest(std::size_t test, const GoSubtest& subtest) {
  std::string& message = account_.tests[test].message;
  if (explained_ == test && !message.ends_with(": ")) return;
  message = subtest.name + ": " + subtest.message;
  explained_ = test;
}

void GoTestLog::output(std::string_view text) {
  if (current_) outputs_[*current_].add(text);
  if (current_message_ && is_logged(text)) *current_message_ = truncate_middle(trim(text), kMessage, 0);
}

void GoTestLog::give_word(std::string_view name) {
  current_ = find(test_part(name));
  const auto open = open_subtests_.find(std::string(name));
  current_message_ = open != open_subtests_.end() ? &open->second : &account_.tests[*current_].message;
  account_.inside = name;
}

void GoTestLog::blame(std::string what) {
  if (account_.trouble.empty()) account_.trouble = std::move(what);
}

std::optional<std::size_t> GoTestLog::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

GoTest* GoTestLog::test_of(std::string_view name) {
  const auto number = find(test_part(name));
  return number ? &account_.tests[*number] : nullptr;
}

GoAccount GoTestLog::finish() {
  if (!line_.empty()) line(std::exchange(line_, {}));
  for (std::size_t at = 0; at < outputs_.size(); ++at) {
    Output output = outputs_[at].take();
    if (output.skipped > 0) output.text.insert(output.head, "\n... " + std::to_string(output.skipped) + " bytes left out ...\n");
    account_.tests[at].output = std::move(output.text);
  }
  return std::move(account_);
}

}  // namespace xtest
