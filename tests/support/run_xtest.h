// SPDX-License-Identifier: Apache-2.0
// Runs programs, above all the real xtest (XTEST_BINARY), for the integration tests: words, environment, folder and limit in;
// output, exit code and signal out.
//
// Output goes to anonymous files, so that any amount can come in any order and be read while the program still runs. Every
// program leads a session of its own; what is left of it is killed when its `Running` goes away. Nothing throws for what
// the program did; a program that cannot be started fails the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct Ran {
  std::string out, err;
  std::optional<int> code;                       // nothing: it did not exit by itself
  int signal = 0;                                // the one it died of
  bool timed_out = false;
  std::chrono::milliseconds wall{0};
};

std::string describe(const Ran& ran);            // all of it, for the message of a failed test

struct Call {
  std::vector<std::string> argv;
  std::filesystem::path cwd;
  std::map<std::string, std::string> env;        // on top of PATH, HOME, LC_ALL and a cache of the test program's own
  std::string input;
  std::chrono::seconds limit{120};
};

// A program that runs now.
class Running {
 public:
  explicit Running(const Call& call);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  pid_t pid() const { return pid_; }
  void send(int signal) const;
  // Until its stderr has the text; false if it ended or the time passed before.
  bool says(const std::string& text, std::chrono::seconds patience = std::chrono::seconds(60));
  Ran wait();                                    // at most until the call's limit; once

 private:
  bool has_ended() const;

  Call call_;
  std::chrono::steady_clock::time_point began_;
  int out_ = -1, err_ = -1;
  pid_t pid_ = -1;
};

Ran run_program(const Call& call);

}  // namespace xtest
