// SPDX-License-Identifier: Apache-2.0
// Which Go packages a suite of the framework `test2json` is about, and the go command that lists and builds them.
//
// The suite's sources are a module, or a GOROOT of their own (`goroot: true`), whose library and tools are then used. Nothing is
// started here: a question describes `go list`, its answer is read. Pure, any thread. Bad keys throw Error{usage} with the place.
#pragma once

#include "suites/framework.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace xtest {

struct GoSet {
  std::string name;                                    // the stream's options
  std::vector<std::string> packages;                   // as `go list` takes them: std, ./..., net/http
};

struct GoSettings {
  std::vector<GoSet> sets;                             // a package is of the first that has it
  std::vector<std::string> exclude;                    // globs over import paths
  std::vector<std::string> build_flags, env;           // env: "K=V" for the tests
  std::map<std::string, std::filesystem::path> make;   // file that the sources lack -> the Go program that writes it
  bool is_short = false, is_goroot = false;
  std::chrono::milliseconds build_limit{0};
};

struct GoPackage {
  std::string path;                                    // "net/http"
  std::filesystem::path folder;                        // absolute
  std::string skip;                                    // why it has no tests, or empty
};

GoSettings read_go_settings(const Suite& suite);

// "K=V" for the go command: the toolchain's, with the suite's GOROOT if it has one, without the user's or our flags.
// It is to be run in go_folder().
std::filesystem::path go_folder(const Suite& suite, const GoSettings& settings);
std::vector<std::string> go_environment(const Suite& suite, const GoSettings& settings, const Toolchain& go);

Question package_question(const Suite& suite, const GoSettings& settings, const GoSet& set, const Toolchain& go);

// Throws Error{usage}: `go list` failed, or does not know a package.
std::vector<GoPackage> packages_from(const Answer& answer, const Suite& suite, const GoSettings& settings);

// Why the suite's library does not fit this toolchain ("is of go1.23.5, the toolchain is go1.19.8"), or empty.
std::string other_version(const Suite& suite, const GoSettings& settings, const Toolchain& go);

}  // namespace xtest
