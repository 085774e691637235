// SPDX-License-Identifier: Apache-2.0
// Directives of DejaGnu's dialect as they stand in a source: { dg-NAME arguments } in a comment, each on one line.
//
// Found as DejaGnu finds them: blanks inside both braces, up to the last closing brace of the line. Arguments are words of a Tcl
// list: bare, "quoted" or {braced}; what a brace holds is kept as it is and may be a list again. Tcl is not evaluated. Pure.
// Throws Error{usage} with file:line:column for a list that does not end.
#pragma once

#include "runner/base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct DgDirective {
  std::string name;                     // "dg-skip-if"
  std::vector<std::string> words;       // its arguments, without their outer quotes or braces
  std::string text;                     // as it is written, from its name on: "dg-options \"-w\""
  Position where;                       // of its name
};

// `file` stands in the positions.
std::vector<DgDirective> read_dg(std::string_view source, const std::string& file);

// The words of a Tcl list.
std::vector<std::string> tcl_words(std::string_view list, const Position& where);

}  // namespace xtest
