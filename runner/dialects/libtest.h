// SPDX-License-Identifier: Apache-2.0
// What programs that were built with Rust's test harness (libtest) say: the list of their tests, and the account of a run, as
// JSON (one object a line, `--format json`) or as text for people.
//
// Nothing in it can be told from what a test prints into the same stream, so an account is believed only as a whole: the
// suite begins once with as many tests as were asked for, each begins and ends once, its last line counts what was read, no other
// test is named, nothing is cut, and the exit code agrees. Text of tests may stand before, behind and between the lines, also without a
// line break. Time is linear in the stream. Values, one thread at a time, no errors.
#pragma once

#include "runner/base/capture.h"
#include "runner/model/completion.h"
#include "runner/model/observed.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xtest {

enum class LibtestFormat : std::uint8_t { json, text };

struct LibtestListing {
  std::vector<std::string> names;         // tests and benchmarks, in their order
  std::string trouble;                    // why it cannot be believed, or empty
};

// What `PROGRAM --list` printed.
LibtestListing read_libtest_list(std::string_view text);

struct LibtestCounts {
  std::uint64_t passed = 0, failed = 0, ignored = 0, measured = 0;
  bool operator==(const LibtestCounts&) const = default;
};

// Keeps the books of one run, whichever way it is told. Names that are not among those asked for, repetitions and
// contradictions are its trouble.
class LibtestAccount {
 public:
  enum class State : std::uint8_t { waiting, running, ended };
  struct Test {
    State state = State::waiting;
    Observed observed;                    // once it has ended
  };

  explicit LibtestAccount(std::vector<std::string> names);

  void suite_begins(std::uint64_t tests);
  void begins(const std::string& name);
  void ends(const std::string& name, Observed seen);   // output: what the harness captured of it
  void measured(const std::string& name);
  void suite_ends(LibtestCounts told);
  void prints(std::string_view text);                  // what nobody captured; of the test that runs alone
  void has_output(const std::string& name, std::string_view text);   // told after its end
  void blame(std::string what);

  bool knows(const std::string& name) const { return index_.contains(name); }
  std::size_t longest_name() const { return longest_; }
  const std::vector<Test>& tests() const { return tests_; }
  std::vector<Test>& tests() { return tests_; }
  // Why the account is not to be believed, seen together with how the process ended; empty if it is.
  std::string trouble(const Completion& completion) const;
  std::string printed();                               // of the test that was running last; once

 private:
  Test* find(const std::string& name);
  std::string own_trouble() const;

  std::unordered_map<std::string, std::size_t> index_;
  std::vector<Test> tests_;
  std::size_t longest_ = 0;
  LibtestCounts counted_;
  std::optional<LibtestCounts> told_;
  bool begun_ = false;
  std::size_t running_ = 0;
  bool mixed_ = false;                                 // several have run at once since the last moment of rest
  Capture loose_;
  std::string trouble_;
};

// Turns the bytes of stdout into an account.
class LibtestStream {
 public:
  static std::unique_ptr<LibtestStream> make(LibtestFormat format, LibtestAccount& account);
  virtual ~LibtestStream() = default;

  void feed(std::string_view bytes);
  void finish();                                       // once, after the last byte

 protected:
  explicit LibtestStream(LibtestAccount& account) : account_(account) {}
  virtual void line(std::string_view text, bool is_whole) = 0;   // with its line break, if it has one
  virtual void end() {}
  LibtestAccount& account_;

 private:
  std::string line_;
};

// One line of what a panic said: "panicked at src/lib.rs:3:5: assertion failed: ...". Empty without a panic.
std::string libtest_panic(std::string_view output);

// The verdict over a test that ran alone and whose account cannot be believed.
Observed judge_libtest_alone(LibtestAccount& account, const std::string& trouble, const Completion& completion);

std::unique_ptr<LibtestStream> make_libtest_json(LibtestAccount& account);
std::unique_ptr<LibtestStream> make_libtest_text(LibtestAccount& account);

}  // namespace xtest
