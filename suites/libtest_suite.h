// SPDX-License-Identifier: Apache-2.0
// A suite.yaml of framework `libtest` as plain data: which Rust crates are built as test harnesses, from which others, and how
// their programs are run. The keys are those of docs/suites.md.
//
// Reading checks what can be checked without a target; what is wrong is Error{usage} with its place. Pure, any thread.
#pragma once

#include "runner/base/expr.h"
#include "runner/dialects/libtest.h"
#include "suites/suite.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct LibtestCrate {
  std::string name;                         // of the crate; of a test crate also the group of its tests
  std::filesystem::path root;               // absolute
  std::string edition;
  std::vector<std::string> flags;           // the suite's, then its own, then its --cfg
  std::vector<std::string> uses;            // `extern`: crates of this suite, or of the toolchain
  std::vector<std::string> build_env;       // "K=V"; {arch} stands for the target's processor
};

struct LibtestSuite {
  std::vector<LibtestCrate> crates;         // libraries, each after those it uses
  std::vector<LibtestCrate> tests;
  std::optional<Expr> condition;
  std::string rustc;                        // beginning of the version it needs, or empty
  LibtestFormat format = LibtestFormat::json;
  int threads = 1;                          // of one program
  int processes = 1;                        // that the tests of one program are spread over
  std::chrono::milliseconds build_limit{0}, job_limit{0};
  std::vector<std::string> env;             // of the programs
  std::vector<std::string> arguments;       // for the harness, before ours

  const LibtestCrate* crate(const std::string& name) const;   // a library of the suite, or null
};

LibtestSuite read_libtest_suite(const Suite& suite);

}  // namespace xtest
