// SPDX-License-Identifier: Apache-2.0
//
// The one exception type of xtest, thrown when something "cannot go on"; how a
// test went is a value and never an Error. The text is a lower-case fragment
// that reads well after "error: "; the remedy, if any, is a sentence of its own
// that says what the user can do. The catch ladder in main.cc turns the kind
// into an exit code. Errors are values: copy them, keep them, any thread.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace xtest {

/// A place in a text that a person wrote. Lines and columns count from 1, columns
/// in bytes; line 0 means the file as a whole.
struct Position {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const Position&) const = default;
};

/// "file:line:col", or only "file" when the place is the whole file.
inline std::string to_string(const Position& at) {
  if (at.line <= 0) return at.file;
  return at.file + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

enum class ErrorKind {
  usage,     ///< what the user wrote or asked for is wrong
  output,    ///< a report or record cannot be written
  infra,     ///< the machine, a tool or a target does not do its part
  internal,  ///< a bug in xtest
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& what, std::string remedy = {})
      : std::runtime_error(what), kind_(kind), remedy_(std::move(remedy)) {}

  /// what() reads "file:line:col: text".
  Error(ErrorKind kind, Position where, const std::string& what, std::string remedy = {})
      : std::runtime_error(to_string(where) + ": " + what),
        kind_(kind),
        remedy_(std::move(remedy)),
        where_(std::move(where)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& remedy() const { return remedy_; }
  const std::optional<Position>& where() const { return where_; }

 private:
  ErrorKind kind_;
  std::string remedy_;
  std::optional<Position> where_;
};

}  // namespace xtest
