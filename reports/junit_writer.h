// SPDX-License-Identifier: Apache-2.0
// The XML of JUnit files, by libxml2's streaming writer: a suite's head and tail, and one test case at a time.
//
// Knows the dialects and the forms of docs/results.md (types, one-line messages of 512 bytes, times with exactly three
// decimals, capped output, no forbidden character); it does not know events. One writer belongs to one sink.
#pragma once

#include "reports/spool.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xtest {

// portable: valid against Jenkins' junit-10 schema. rich: also file, line and properties of a case.
// ant: what Ant's own task writes. surefire: a file begins with its testsuite, reruns hold a stack trace.
enum class JunitDialect { portable, rich, ant, surefire };

std::optional<JunitDialect> dialect_from(std::string_view name);
std::string_view to_string(JunitDialect dialect);

// rich where a CI system that reads it says that it is there (GITLAB_CI, GITHUB_ACTIONS, ...), else portable.
JunitDialect default_dialect(const std::function<const char*(const char*)>& getenv);

using JunitProperties = std::vector<std::pair<std::string, std::string>>;

struct JunitAttempt {
  bool error = false;                 // flakyError instead of flakyFailure
  std::string type, message, output;
};

struct JunitCase {
  std::string class_name, name;
  std::chrono::microseconds time{0};
  JunitVerdict verdict = JunitVerdict::pass;
  std::string type, message, detail;  // of the verdict; detail may have lines
  std::string output;                 // empty: no system-out
  std::string file;                   // rich only; with ":LINE" the line is split off
  JunitProperties properties;         // rich only
  bool passed_later = false;          // earlier ones are flaky, otherwise reruns
  std::vector<JunitAttempt> earlier;
};

struct SuiteHead {
  std::string name, package;
  std::chrono::milliseconds begun{0};  // since the epoch
  std::size_t id = 0;
  JunitProperties properties;
};

class JunitWriter {
 public:
  explicit JunitWriter(JunitDialect dialect);
  ~JunitWriter();

  // The views live until the next call.
  std::string_view test_case(const JunitCase& what);
  std::string_view head(const SuiteHead& suite, const SpoolPart& counts);
  std::string_view tail();

 private:
  class Xml;
  void verdict(const JunitCase& what);
  void earlier(const JunitCase& what);
  void properties(const JunitProperties& list);

  JunitDialect dialect_;
  std::unique_ptr<Xml> cases_, frame_;
};

}  // namespace xtest
