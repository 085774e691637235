// SPDX-License-Identifier: Apache-2.0
//
// Boolean expressions over atoms whose meaning the caller gives: conditions on
// features (`linux and not (emulated or wine)`) and filters of tests
// (`suite(probes) & test(*C1*) | not lang(go)`, `probes::C1::*`).
//
//   or    = and { ("or" | "|") and }       and = unary { ("and" | "&") unary }
//   unary = ("not" | "!") unary | "(" or ")" | atom
//   atom  = word | name "(" anything up to the matching ")" ")"
//
// A word is made of letters, digits and _ - . : * ? [ ] / % + (and ! or ^ right
// after a [). In an argument the parenthesis of `[(]` or `[)]` stands for itself.
// An Expr is an immutable value, any thread may read it. Syntax errors are
// Error{usage} with the column and what was expected there.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/error.h"

namespace xtest {

/// One leaf: `linux`, or `suite(probes)` with name "suite" and arg "probes".
struct Atom {
  std::string name;
  std::optional<std::string> arg;
  Position where;
};

/// The atom as it is written: "linux", "suite(probes)".
std::string to_string(const Atom& atom);

class Expr {
 public:
  /// `origin` is where the text begins, for the positions in errors and atoms.
  static Expr parse(std::string_view text, Position origin);

  /// Asks for every atom, each once a mention, from left to right.
  bool eval(const std::function<bool(const Atom&)>& holds) const;

  /// All mentions in order, so that unknown ones can be reported.
  const std::vector<Atom>& atoms() const { return atoms_; }

  /// Words for operators, only the parentheses that are needed.
  std::string to_string() const;

  /// One step of the postfix program an expression is kept as.
  struct Step {
    enum class Kind { atom, negate, both, either } kind;
    std::size_t atom = 0;
  };

 private:
  Expr(std::vector<Atom> atoms, std::vector<Step> steps);

  std::vector<Atom> atoms_;
  std::vector<Step> steps_;
};

}  // namespace xtest
