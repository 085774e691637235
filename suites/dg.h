// SPDX-License-Identifier: Apache-2.0
// What the directives of DejaGnu's dialect say to a test that is compiled and run: not here, with these options, expected to fail.
//
//   dg-do run [{ target S } | { xfail S }]      dg-require-effective-target KEYWORD [{ target S }]
//   dg-options "..." [{ target S }]             dg-require-alias "", -weak, -fork, -mmap ... as the effective target
//   dg-additional-options "..." [{ target S }]  dg-require-stack-size "N": no stack of ours is known to be small
//   dg-add-options ieee c99_runtime ...         dg-skip-if, dg-xfail-if, dg-xfail-run-if "why" { S } [{ options } [{ unless }]]
//
// A selector S is a keyword, a list of triplets with * ? [], or { ! S }, { S && S }, { S || S }. Everything in it is asked for, whatever
// the answers, so that a caller learns all keywords of a test at once. A directive that tells of the compiler's messages or of further
// files makes the test a skip, for that is not judged here; one that nobody knows is an Error{usage} with its place. Pure.
#pragma once

#include "suites/dg_text.h"

#include <functional>
#include <string>
#include <vector>

namespace xtest {

struct DgMachine {
  std::vector<std::string> triples;     // the names that the target has; each is compared
  std::vector<std::string> flags;       // what every test is compiled with
  std::function<bool(const std::string& keyword, const Position& where)> has;   // effective targets; throws if there is no such
};

struct DgVerdict {
  std::string skip;                     // the directive that leaves it out, as it is written; else empty
  std::string xfail;                    // the one for which it is expected to fail
  std::vector<std::string> options;     // after the machine's flags
};

DgVerdict follow_dg(const std::vector<DgDirective>& directives, const DgMachine& machine);

}  // namespace xtest
