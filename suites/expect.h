// SPDX-License-Identifier: Apache-2.0
// Expectation lists: which tests are known to fail, where and why.
//
//   # expect.yaml
//   expectations:
//   - test: "rust-std::stdtests::process::*"    # glob over test ids
//     when: qemu-user                # feature expression, optional
//     versions: ">=1.80 <1.90"       # of the suite (its revision), optional
//     status: xfail                  # xfail | skip
//     reason: "exec errors of a vfork child are lost"
//     link: rust-lang/rust#90825     # optional
//     reproducer: |                  # optional: at most 30 lines
//     expires: 2027-06-30            # optional; afterwards the entry no longer applies, and that is reported
//
// The layers, from the lowest: what is known of a target (targets/expect/TRIPLE.yaml), of an executor
// (emulators/expect/NAME.yaml), of a suite (expect.yaml beside its suite.yaml), and what the user says (--expect FILE). Of the entries
// that apply to a test the one of the highest layer counts, within a layer the last.
//
// Plain values; find() is pure, so an old record can be judged again with other lists.
#pragma once

#include "runner/base/expr.h"
#include "suites/versions.h"

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xtest {

bool is_date(const std::string& text);   // "YYYY-MM-DD"

enum class ExpectLayer : std::uint8_t { target, executor, suite, user };
std::string_view to_string(ExpectLayer layer);

struct Expectation {
  enum class Kind : std::uint8_t { xfail, skip } kind = Kind::xfail;
  ExpectLayer layer = ExpectLayer::user;
  std::string test;
  std::optional<Expr> when;
  std::vector<VersionBound> versions;
  std::string reason, link, reproducer;
  std::string expires;      // "YYYY-MM-DD" or empty
  Position where;

  bool is_expired(std::string_view today) const { return !expires.empty() && expires < today; }
};

// What an entry is asked against. Borrowed for the call.
struct Occasion {
  const std::set<std::string>& features;
  const std::string& suite_revision;
  const std::string& today;               // "YYYY-MM-DD"
};

// Whether `when` and `versions` hold.
bool is_meant(const Expectation& entry, const Occasion& occasion);

// The entries of a file. Throws Error{usage} with the place.
std::vector<Expectation> read_expectations(const std::filesystem::path& file, ExpectLayer layer);

class Expectations {
 public:
  void add(std::vector<Expectation> entries);                    // above those of the same layer
  void add_file(const std::filesystem::path& file, ExpectLayer layer = ExpectLayer::user);

  // The entry that counts, or null. It stays valid as long as this object is not changed.
  const Expectation* find(const std::string& test, const Occasion& occasion) const;
  // The entry that would count had it not expired; to be asked where find() has nothing.
  const Expectation* find_expired(const std::string& test, const Occasion& occasion) const;
  // All whose glob fits, the one that counts first.
  std::vector<const Expectation*> about(const std::string& test) const;

  const std::vector<Expectation>& entries() const { return entries_; }
  std::string digest() const;

 private:
  template <class Each>
  void for_each_about(const std::string& test, Each each) const;
  template <class Fits>
  const Expectation* best(const std::string& test, Fits fits) const;
  bool is_above(std::size_t one, std::size_t other) const;

  std::vector<Expectation> entries_;
  // By what a glob begins with up to its first sign, so that a test is not held against every entry of a long list.
  std::unordered_map<std::string, std::vector<std::size_t>> by_beginning_;
  std::set<std::size_t> lengths_;                                // of these beginnings
};

}  // namespace xtest
