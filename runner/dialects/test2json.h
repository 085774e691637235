// SPDX-License-Identifier: Apache-2.0
// What a Go test binary says on stdout with -test.v, read as `go tool test2json` reads it, and with more suspicion:
//
//   === RUN   TestA              also PAUSE, CONT, NAME: whose output follows
//   --- PASS: TestA (0.02s)      also FAIL, SKIP; of its subtests afterwards, indented: "    --- PASS: TestA/deep (0.01s)"
//   PASS                         or FAIL: the end of all tests
//
// Since Go 1.20 each of these lines begins with the byte 0x16 (-test.v=test2json, `marked`). Before that, a test that prints no
// newline has them at the end of its own line. Only names that were asked for count; the rest is output. What a test prints is
// hostile: time is linear in it and memory bounded. An account is believed only if it does not contradict itself and the
// exit code agrees with its end; a test that begins or ends twice is a contradiction. Values, one thread at a time, no errors.
#pragma once

#include "runner/base/capture.h"
#include "runner/model/completion.h"
#include "runner/model/observed.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xtest {

struct GoTest {
  enum class State : std::uint8_t { waiting, running, paused, pass, fail, skip };
  State state = State::waiting;
  std::chrono::microseconds duration{0};
  std::string message;                    // the last line that it logged: "x_test.go:12: want 3"
  std::string output;                     // head and tail of it
};

struct GoSubtest {
  std::size_t test = 0;                   // in which it was found
  std::string name;                       // below that test's
  Status status = Status::pass;
  std::chrono::microseconds duration{0};
  std::string message;
};

struct GoAccount {
  enum class End : std::uint8_t { missing, pass, fail };
  std::vector<GoTest> tests;              // in the order of the names
  std::vector<GoSubtest> subtests;        // that ended, in this order
  End end = End::missing;
  std::string trouble;                    // the first contradiction, or empty
  std::optional<std::size_t> last;        // the test that ended last
  std::string inside;                     // the test or subtest that had the word at the end, or empty
};

class GoTestLog {
 public:
  GoTestLog(std::span<const std::string> names, bool marked);
  GoTestLog(const GoTestLog&) = delete;
  GoTestLog& operator=(const GoTestLog&) = delete;

  void feed(std::string_view bytes);
  GoAccount finish();                     // once, after the last byte

 private:
  struct Report { Status status; std::string_view name; std::chrono::microseconds duration; };

  void line(std::string_view text);
  bool event(std::string_view text, bool glued);
  bool glued_event(std::string_view text);
  bool event_behind(std::string_view text, std::size_t at, std::size_t mark, bool glued);
  bool update(std::string_view verb, std::string_view name, bool glued);
  bool begin(std::string_view name, bool glued);
  bool begin_subtest(std::string_view name);
  bool report(std::string_view text, std::size_t indent, bool glued);
  bool end_test(const Report& told, std::string_view text, bool glued);
  bool end_subtest(const Report& told, std::size_t indent);
  void blame_subtest(std::size_t test, const GoSubtest& subtest);
  void output(std::string_view text);
  void give_word(std::string_view name);
  void blame(std::string what);
  std::optional<std::size_t> find(std::string_view name) const;
  GoTest* test_of(std::string_view name);
  bool is_open(const GoTest& test) const { return test.state == GoTest::State::running || test.state == GoTest::State::paused; }

  bool marked_;
  std::vector<std::string> names_;
  std::unordered_map<std::string_view, std::size_t> numbers_;
  std::vector<Capture> outputs_;
  std::unordered_map<std::string, std::string> open_subtests_;      // full name -> last line logged
  std::optional<std::size_t> current_, explained_;
  std::string* current_message_ = nullptr;
  std::string line_;
  bool cut_ = false;                      // line_ is the end of a very long line
  GoAccount account_;
};

// Why the account is not to be believed, or empty.
std::string disagreement(const GoAccount& account, const Completion& completion);

// One test of an account that is believed. It must have ended.
Observed observed_go_test(const GoAccount& account, std::size_t which, const Completion& completion);

// The only test of an account that is not: never a pass.
Observed observed_go_death(const GoAccount& account, const std::string& why, const Completion& completion);

}  // namespace xtest
