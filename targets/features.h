// SPDX-License-Identifier: Apache-2.0
// The one list of feature words: what a target, an executor or a toolchain can be asked for in `requires:` and `when:`.
//
// A word that is not in the list is an error that names the nearest one, so a typo never means "skip this for ever". A
// port's own words begin with `x-` and need no entry. Words that follow from other keys of a target file (its
// architecture, bits, byte order, format, link kinds, languages) are derived and must not be written by hand.
// Constant data and pure functions, any thread.
#pragma once

#include "runner/base/error.h"
#include "runner/base/expr.h"
#include "targets/target.h"

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace xtest {

enum class FeatureSource {
  target,     // written in `features:` of the target file
  derived,    // follows from its other keys
  executor,   // said by the executor once it is known to be usable
  toolchain,  // said by the compilers that were found
};

struct FeatureWord {
  std::string_view word;
  std::string_view meaning;   // one line for people
  FeatureSource source;
};

std::span<const FeatureWord> feature_words();
const FeatureWord* find_feature(std::string_view word);   // nullptr: not in the list

// Throws Error{usage} at `where` with the nearest word, if `word` is neither in the list nor begins with `x-`.
void check_feature(std::string_view word, const Position& where);
void check_features(const Expr& expression);              // every atom of it; an atom with an argument is an error too

// The derived words of a target: arch, 64-bit, little-endian, elf, dynamic, cxx ...
std::set<std::string> derived_features(const Target& target);

}  // namespace xtest
