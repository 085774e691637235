// SPDX-License-Identifier: Apache-2.0
// Framework `exit-code`: a folder of C and C++ programs of one file each; each is built and run, exit code 0 passes.
//
//   # suite.yaml
//   suite: mine
//   framework: exit-code
//   sources: ["*.c", "more/*.cc"]     # globs below this folder; without a / only files of the folder itself
//   exclude: ["broken_*.c"]           # optional
//   flags: [-std=c99, -lm]            # optional
//   option-sets: {O1: [-O1]}          # optional: each file once for each; the name is the stream's options
//   links: [dynamic, static]          # optional, else the language's first; one that the target lacks is a skip a file
//   limit: 10s
//   build-limit: 5m                   # optional: for one call of the compiler
//   requires: threads                 # optional
//
// Test ids: SUITE::run::FILE and SUITE::SUBFOLDER::FILE, with -LINK behind it when that is not the first one. A single
// pass over the folder and nothing but strings a file, since such suites have 10^5 of them. A pattern that selects
// nothing is an Error{usage}: a suite without tests is never green. Pure.
#pragma once

#include "suites/framework.h"

namespace xtest {

class ExitCodeFramework final : public Framework {
 public:
  std::string name() const override { return "exit-code"; }
  std::vector<ExpandedUnit> expand(const Suite& suite, const View& view) const override;
  Job execution(const Unit& unit, std::span<const std::size_t> cases, const std::string& nonce) const override;
  std::unique_ptr<Reader> reader(const Unit& unit, std::span<const std::size_t> cases,
                                 const std::string& nonce) const override;
};

}  // namespace xtest
