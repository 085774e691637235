// SPDX-License-Identifier: Apache-2.0
// What we test ON: one target, read from one YAML file (targets/data/ or a user's own), plain data.
//
// Loaded by targets/load.h; nothing here touches the machine. Compilers are found by targets/toolchain.h.
#pragma once

#include "runner/base/error.h"
#include "runner/base/expr.h"
#include "suites/inspect/expectation.h"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace xtest {

// How programs in one language are made for the target. Language, to_string and language_from are declared in
// suites/inspect/expectation.h.
struct CompilerSpec {
  std::vector<std::string> try_names;               // programs looked for on PATH, first good one is taken
  std::vector<std::string> flags;
  // Link kind ("dynamic", "static", "static-pie") -> flags. The language has the kinds that are named here.
  std::map<std::string, std::vector<std::string>> link_flags;
  std::map<std::string, std::string> env;           // GOOS, GOARCH, ...
  std::vector<std::string> dumpmachine;  // answers of -dumpmachine that are right besides the target's own names
  std::string triple;                               // the compiler's own name of the target (rustc), or empty
  std::string absent;                               // why the language cannot be had for this target, or empty
};

struct ExecutorSpec {
  std::string name;                                 // "host", "qemu-user", "wine"
  std::map<std::string, std::string> settings;      // the keys of each executor: targets/schema.h
};

struct Target {
  std::string triple;                               // canonical
  std::string title;                                // one line for people
  std::vector<std::string> aliases;                 // GNU, LLVM, Debian multiarch, GOOS/GOARCH spellings
  std::string arch;                                 // "x86_64", "aarch64", ... as uname -m of such a machine
  std::set<std::string> features;
  std::vector<std::string> links;                   // link kinds it has, preferred first (link_kinds() per language)
  std::map<Language, CompilerSpec> compilers;
  // "debian" -> host architecture ("amd64", "arm64", "*") -> what it is for ("c", "cxx", "executor:wine",
  // "private:rust": unpacked into the cache, never installed) -> packages
  std::map<std::string, std::map<std::string, std::map<std::string, std::vector<std::string>>>> packages;
  std::vector<ExecutorSpec> executors;              // in order of preference
  FileExpectation files;  // what its files must look like (link and language filled in per artifact)
  Position where;                                   // of its file
};

// The link kinds the target has and the language names, in the target's order.
std::vector<std::string> link_kinds(const Target& target, Language language);

}  // namespace xtest
