// SPDX-License-Identifier: Apache-2.0
#include "suites/dg_text.h"

#include "runner/base/text.h"

#include <optional>
#include <utility>

namespace xtest {
namespace {

constexpr std::string_view kBlanks = " \t\r";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_of_name(char c) { return (c >= 'a' && c <= 'z') || c == '-'; }

class TclList {
 public:
  TclList(std::string_view text, const Position& where) : rest_(text), where_(where) {}

  std::vector<std::string> words() {
    std::vector<std::string> words;
    for (;;) {
      while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
      if (rest_.empty()) return words;
      words.push_back(rest_.front() == '{' ? braced() : rest_.front() == '"' ? quoted() : bare());
    }
  }

 private:
  std::string braced() {
    int depth = 0;
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') ++at;
      else if (rest_[at] == '{') ++depth;
      else if (rest_[at] == '}' && --depth == 0) return cut(at, 1);
    }
    throw Error(ErrorKind::usage, where_, "a { in this directive is never closed");
  }

  std::string quoted() {
    std::string word;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') return cut(at, 1), word;
      word += rest_[at] == '\\' && at + 1 < rest_.size() ? unescaped(rest_[++at]) : rest_[at];
    }
    throw Error(ErrorKind::usage, where_, "a \" in this directive is never closed");
  }

  std::string bare() {
    std::string word;
    std::size_t at = 0;
    for (; at < rest_.size() && !is_blank(rest_[at]); ++at)
      word += rest_[at] == '\\' && at + 1 < rest_.size() ? unescaped(rest_[++at]) : rest_[at];
    rest_.remove_prefix(at);
    return word;
  }

  // The word between its first character and the one at `end`.
  std::string cut(std::size_t end, std::size_t begin) {
    std::string word(rest_.substr(begin, end - begin));
    rest_.remove_prefix(end + 1);
    return word;
  }

  static char unescaped(char c) { return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c; }

  std::string_view rest_;
  const Position& where_;
};

// { dg-NAME ARGUMENTS } with blanks behind the first brace, behind the name and before the last brace.
std::optional<DgDirective> directive_in(std::string_view line, const std::string& file, int number) {
  for (std::size_t brace = line.find('{'); brace != line.npos; brace = line.find('{', brace + 1)) {
    const std::size_t name = line.find_first_not_of(kBlanks, brace + 1);
    if (name == line.npos || name == brace + 1 || !line.substr(name).starts_with("dg-")) continue;
    std::size_t arguments = name;
    while (arguments < line.size() && is_of_name(line[arguments])) ++arguments;
    const std::size_t end = line.rfind('}');
    if (end == line.npos || end <= arguments || !is_blank(line[end - 1]) || !is_blank(line[arguments])) continue;
    DgDirective found;
    found.name = line.substr(name, arguments - name);
    found.text = trim(line.substr(name, end - name));
    found.where = {file, number, static_cast<int>(name) + 1};
    found.words = tcl_words(line.substr(arguments, end - arguments), found.where);
    return found;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> tcl_words(std::string_view list, const Position& where) { return TclList(list, where).words(); }

std::vector<DgDirective> read_dg(std::string_view source, const std::string& file) {
  std::vector<DgDirective> found;
  int number = 0;
  for (const std::string_view line : split(source, '\n')) {
    ++number;
    if (line.find("dg-") == line.npos) continue;
    if (auto directive = directive_in(line, file, number)) found.push_back(*std::move(directive));
  }
  return found;
}

}  // namespace xtest
