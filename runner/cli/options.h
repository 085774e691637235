// SPDX-License-Identifier: Apache-2.0
// What a person can say on the command line about a run; the same text, kept in the record, makes the same plan again
// (resume, rerun).
#pragma once

#include <CLI/CLI.hpp>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace xtest {

struct TargetOptions {
  std::vector<std::string> targets;
  std::vector<std::string> target_dirs, target_files;
  std::vector<std::string> languages;          // empty: c, cxx and whatever else is there; "all"
  std::string on;                              // executor, empty: the target's first that can be used; a run takes several: "a,b"
  int guests = 0;                              // or connections to a remote machine; 0: what fits
  std::string ssh_key, known_hosts;            // for a remote machine; empty: what ssh(1) has in the home folder
  std::string driver = "auto", far_folder;     // what runs the programs on another machine, and where
};

struct RunOptions {
  TargetOptions where;
  std::vector<std::string> tests;              // globs of test ids
  std::vector<std::string> filters;
  std::vector<std::string> suites, suite_dirs;
  std::string partition;
  std::vector<std::string> expect, known_lies;
  std::string confirm;                         // executor on which failures are run again
  int jobs = 0;                                // 0: the cores
  int retries = 0, infra_retries = 2;
  std::size_t max_fail = 0;
  bool fail_fast = false, no_fail_fast = false;
  bool reuse_results = false;
  bool no_cache = false;
  std::string flaky = "ok", xpass = "fail", emulator = "ok";
  std::string junit, junit_dialect, jsonl;
  std::string runs = ".xtest/runs";
  std::string color = "auto";
  bool verbose = false;
  bool trace = false;
  bool install = false;                        // the launcher's: by now it is done
};

void add_target_options(CLI::App& app, TargetOptions& options);
void add_run_options(CLI::App& app, RunOptions& options);

// The options of a recorded `xtest run ...`. Throws Error{usage} if this xtest no longer understands them.
RunOptions parse_run(const std::vector<std::string>& argv);

}  // namespace xtest
