// SPDX-License-Identifier: Apache-2.0
// Expectation lists: which tests are known to fail, where and why. Of two files the later wins.
//
//   # expect.yaml
//   expectations:
//   - test: "probes::F1::*"          # glob over test ids
//     when: qemu-user                # feature expression, optional
//     status: xfail                  # xfail | skip
//     reason: "exec errors of a vfork child are lost"
//     link: rust-lang/rust#90825     # optional
//     expires: 2027-06-30            # optional; afterwards the entry no longer applies, and that is reported
//
// Plain values; find() is pure, so an old record can be judged again with other lists.
#pragma once

#include "runner/base/expr.h"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace xtest {

bool is_date(const std::string& text);   // "YYYY-MM-DD"

struct Expectation {
  enum class Kind { xfail, skip } kind = Kind::xfail;
  std::string test;
  std::optional<Expr> when;
  std::string reason;
  std::string link;
  std::string expires;      // "YYYY-MM-DD" or empty
  Position where;
};

class Expectations {
 public:
  // Each call adds a layer above those before. Throws Error{usage} with the place.
  void add_file(const std::filesystem::path& file);

  // The entry of the highest layer that applies on `today` ("YYYY-MM-DD"), or null. Stays valid as long as this object
  // is not changed.
  const Expectation* find(const std::string& test, const std::set<std::string>& features,
                          const std::string& today) const;

  std::string digest() const;

 private:
  std::vector<Expectation> entries_;
};

}  // namespace xtest
