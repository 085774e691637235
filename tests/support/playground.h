// SPDX-License-Identifier: Apache-2.0
// A folder of its own for one integration test: suites, target files and records are made in it, xtest is run in it, what
// was recorded is read back. Everything is removed with it.
#pragma once

#include "tests/support/run_xtest.h"

#include <initializer_list>
#include <nlohmann/json.hpp>

namespace xtest {

// One cache for all tests of this process, so that compilers are examined once; removed at its end.
std::filesystem::path shared_cache();

std::string native_target();                     // this machine with glibc
std::string read_text(const std::filesystem::path& file);
bool is_there(const std::string& program);       // on PATH
bool can_run_windows_programs();                 // MinGW's compiler and Wine are there

// A C source that misbehaves as tests/helpers/misbehave.c does with these words.
std::string misbehaving(std::initializer_list<std::string> words);

struct Verdict {
  std::string status, kind, message, output, reason;
  int attempts = 0;
  int times_decided = 0;
};

class Playground {
 public:
  using Words = std::vector<std::string>;

  explicit Playground(const std::string& name = "play ground");
  Playground(const Playground&) = delete;
  Playground& operator=(const Playground&) = delete;
  ~Playground();

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path write(const std::string& path, const std::string& text) const;
  // suites/NAME with framework exit-code over these C files.
  void suite(const std::string& name, const std::map<std::string, std::string>& files, const std::string& more = "limit: 5s\n") const;
  // A target that is this machine, with other compilers or anything else said in `more`.
  std::filesystem::path target(const std::string& triple, const std::string& more) const;

  Call call(const Words& words) const;           // xtest WORDS, here
  Ran xtest(const Words& words) const { return run_program(call(words)); }
  Words run_words(const std::string& suite, const Words& more = {}, const std::string& target = native_target()) const;
  Ran run(const std::string& suite, const Words& more = {}) const { return xtest(run_words(suite, more)); }

  std::vector<std::filesystem::path> records() const;                            // oldest first
  std::vector<nlohmann::json> events(const std::filesystem::path& record) const; // whole lines only
  std::map<std::string, Verdict> verdicts(const std::filesystem::path& record) const;   // "group::case" -> it
  std::map<std::string, Verdict> verdicts() const { return verdicts(records().back()); }

 private:
  std::filesystem::path folder_;
};

}  // namespace xtest
