// SPDX-License-Identifier: Apache-2.0
// A probe.yaml as plain data: one small program that asks one question of a port, in up to four languages, and what its
// answers mean.
//
//   probe: C1                          # group of the test id
//   title: ...
//   rung: stack                        # file hello startup stack unwinding threads system calls
//   requires: signals and sigaltstack  # feature expression, optional; also per language
//   needs: [B1]                        # optional, also per language: B1 here, suite::B1 elsewhere, suite::group::case
//   limit: 20s                         # optional, else the suite's
//   check: true                        # no program: a static check of the hello files, done by `xtest inspect`
//   languages: {c: {sources: [C1.c], flags: [-pthread]}, cxx: {...}, go: {...}, rust: {...}}
//              # C and C++ also `libraries: [lib.c]`: shared libraries of one source each, beside the program
//              (artifact.h)
//   variants: {O0: [-O0], O2: [-O2]}   # optional, C and C++: one program for each
//   links: [dynamic, static]           # optional, else the language's first
//   diagnosis: {KEY: text with {detail}, crash: ..., timeout: ..., no-trailer: ...}
//   cause: ...
//   seen: ...
//   reference: ...
//
// Reading checks everything that can be checked without a target; what is wrong is Error{usage} with its place. The
// suite file may add flags per language (`flags: {c: [-O1]}`), which go before the probe's own.
#pragma once

#include "runner/base/expr.h"
#include "runner/base/yaml.h"
#include "suites/diagnosis.h"
#include "suites/suite.h"
#include "targets/target.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace xtest {

using Flags = std::vector<std::string>;

struct ProbeNeed {
  std::string text;
  Position where;
};

struct ProbeLanguage {
  std::vector<std::filesystem::path> sources;   // absolute
  std::vector<std::filesystem::path> libraries;
  Flags flags;                                  // the suite's, then its own
  std::optional<Expr> condition;
  std::vector<ProbeNeed> needs;
};

struct Probe {
  std::string id;
  std::string title;
  std::string rung;
  std::optional<Expr> condition;
  std::vector<ProbeNeed> needs;
  std::chrono::milliseconds limit{0};
  bool is_check = false;
  std::map<Language, ProbeLanguage> languages;
  std::vector<std::pair<std::string, Flags>> variants;
  std::vector<std::string> links;
  Diagnosis diagnosis;
  std::filesystem::path file;
};

// All probes of the suite: FOLDER/probe.yaml and FOLDER/*/probe.yaml, in the order of the ladder, then by id (A2 before
// A10).
std::vector<Probe> read_probes(const Suite& suite);

// Position of a rung on the ladder, from 0; nothing if there is no such rung.
std::optional<std::size_t> rung_position(std::string_view rung);

}  // namespace xtest
