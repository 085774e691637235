// SPDX-License-Identifier: Apache-2.0
// Which cases a run is about: `--filter` expressions, test ids on the command line and `--partition`.
//
// An expression's atoms are globs over test ids (`probes::C1::*`, `probes::C1` means all below it) or predicates:
// test(GLOB) suite(GLOB) group(GLOB) lang(GLOB) rung(GLOB) target(GLOB) toolchain(GLOB) executor(GLOB).
// Pure values. Bad text throws Error{usage} with its column.
#pragma once

#include "runner/base/expr.h"
#include "runner/model/job.h"

#include <set>
#include <string>
#include <vector>

namespace xtest {

class Selection {
 public:
  Selection() = default;                              // everything
  // A case is selected if any of `filters` holds (none: all) and, with `only` not empty, its result id is among them.
  Selection(const std::vector<std::string>& filters, std::set<std::string> only);

  bool selects(const Stream& stream, const std::string& id, const Case& test) const;
  bool is_everything() const { return filters_.empty() && only_.empty(); }

 private:
  std::vector<Expr> filters_;
  std::set<std::string> only_;                        // "STREAM::group::case"
};

// Part `index` (1-based) of `count`.
struct Partition {
  enum class Kind { none, slice, hash } kind = Kind::none;
  unsigned index = 1, count = 1;

  static Partition parse(const std::string& text);    // "slice:1/3", "hash:2/4" or ""
  bool takes(std::size_t position, const std::string& id) const;   // hash is the same on all targets
};

// The language a case name begins with: "cxx-O2-static" -> "cxx".
std::string language_of(const Case& test);

}  // namespace xtest
