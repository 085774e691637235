// SPDX-License-Identifier: Apache-2.0
// The directives of a suite's files, read once each, and what they say for one compiler, link kind and set of options.
//
// Borrows the suite. Reads its files; a file that cannot be read, a directive or a keyword that nobody knows is Error{usage}.
#pragma once

#include "suites/dg.h"
#include "suites/effective_targets.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace xtest {

class DgSuite {
 public:
  explicit DgSuite(const Suite& suite) : suite_(suite) {}

  // Adds the effective targets that the file asks for.
  void add_keywords(const std::string& relative, const Target& target, std::set<std::string>& into);

  // `flags` are the suite's; their questions have been answered.
  DgVerdict verdict(const std::string& relative, const Asked& asked, const std::vector<std::string>& flags, const View& view);

 private:
  const std::vector<DgDirective>& directives(const std::string& relative);

  const Suite& suite_;
  std::map<std::string, std::vector<DgDirective>> read_;
};

}  // namespace xtest
