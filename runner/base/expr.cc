// SPDX-License-Identifier: Apache-2.0
#include "runner/base/expr.h"

#include <algorithm>
#include <utility>

#include "runner/base/text.h"

namespace xtest {

namespace {

constexpr std::size_t longest_text = 64 * 1024;
constexpr std::size_t deepest = 64;

using Step = Expr::Step;

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_word_char(char c) {
  return is_letter_or_digit(c) || (c != '\0' && std::string_view("_-.:*?[]/%+").find(c) != std::string_view::npos);
}

bool is_name(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; });
}

/// `[(]` and `[)]` of a glob are the character itself.
bool is_bracketed(std::string_view text, std::size_t at) {
  return at > 0 && text[at - 1] == '[' && at + 1 < text.size() && text[at + 1] == ']';
}

/// Recursive descent over the grammar in the header; writes postfix steps as it goes.
class Parser {
 public:
  Parser(std::string_view text, Position origin) : text_(text), origin_(std::move(origin)) {}

  void parse();

  std::vector<Atom> atoms;
  std::vector<Step> steps;

 private:
  void parse_or(std::size_t depth);
  void parse_and(std::size_t depth);
  void parse_unary(std::size_t depth);
  void parse_atom();
  std::string parse_argument(std::size_t open);

  bool accept(std::string_view word, char sign);
  std::string_view word_here() const;
  void skip_white();
  Position place(std::size_t at) const;
  std::string found() const;
  [[noreturn]] void fail(std::size_t at, const std::string& what, const std::string& remedy = {}) const;

  std::string_view text_;
  Position origin_;
  std::size_t at_ = 0;
};

void Parser::parse() {
  if (text_.size() > longest_text) fail(0, "expression longer than 64 KiB", "split it into several");
  parse_or(0);
  if (at_ == text_.size()) return;
  if (text_[at_] == ')') fail(at_, "')' without its '('", "remove it, or add the '('");
  fail(at_, "expected 'and', 'or' or the end, found " + found(), "write operators as and, or, not or &, |, !");
}

void Parser::parse_or(std::size_t depth) {
  parse_and(depth);
  while (accept("or", '|')) {
    parse_and(depth);
    steps.push_back({Step::Kind::either});
  }
}

void Parser::parse_and(std::size_t depth) {
  parse_unary(depth);
  while (accept("and", '&')) {
    parse_unary(depth);
    steps.push_back({Step::Kind::both});
  }
}

void Parser::parse_unary(std::size_t depth) {
  if (depth > deepest)
    fail(at_, "nested deeper than " + std::to_string(deepest) + " levels", "simplify the expression");
  if (accept("not", '!')) {
    parse_unary(depth + 1);
    steps.push_back({Step::Kind::negate});
    return;
  }
  const std::size_t open = at_;
  if (!accept("", '(')) return parse_atom();
  parse_or(depth + 1);
  if (!accept("", ')')) {
    fail(at_, "expected 'and', 'or' or ')', found " + found(),
         "the '(' is in column " + std::to_string(place(open).column));
  }
}

void Parser::parse_atom() {
  skip_white();
  const std::string_view word = word_here();
  if (word.empty() || word == "and" || word == "or") {
    fail(at_, "expected a name, 'not' or '(', found " + found());
  }
  Atom atom{std::string(word), std::nullopt, place(at_)};
  const std::size_t open = at_ + word.size();
  if (open < text_.size() && text_[open] == '(') {
    if (!is_name(word))
      fail(at_, "'" + atom.name + "' before a '(' is not a plain name", "use letters, digits, '_' and '-'");
    atom.arg = parse_argument(open);
  } else {
    at_ = open;
  }
  steps.push_back({Step::Kind::atom, atoms.size()});
  atoms.push_back(std::move(atom));
  skip_white();
}

std::string Parser::parse_argument(std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t end = open; end < text_.size(); ++end) {
    if (is_bracketed(text_, end)) continue;
    if (text_[end] == '(') ++depth;
    if (text_[end] != ')' || --depth > 0) continue;
    const std::string_view argument = trim(text_.substr(open + 1, end - open - 1));
    if (argument.empty()) fail(open, "expected an argument between '(' and ')'");
    at_ = end + 1;
    return std::string(argument);
  }
  fail(text_.size(), "expected ')', found the end", "the '(' is in column " + std::to_string(place(open).column));
}

bool Parser::accept(std::string_view word, char sign) {
  skip_white();
  if (at_ == text_.size()) return false;
  std::size_t length = 0;
  if (text_[at_] == sign)
    length = 1;
  else if (!word.empty() && word_here() == word)
    length = word.size();
  at_ += length;
  if (length > 0) skip_white();
  return length > 0;
}

/// A '!' or '^' belongs to the word where it negates a class of a glob.
std::string_view Parser::word_here() const {
  std::size_t end = at_;
  for (; end < text_.size(); ++end) {
    const bool negates_class = (text_[end] == '!' || text_[end] == '^') && end > at_ && text_[end - 1] == '[';
    if (!is_word_char(text_[end]) && !negates_class) break;
  }
  return text_.substr(at_, end - at_);
}

void Parser::skip_white() {
  while (at_ < text_.size() && is_white(text_[at_])) ++at_;
}

Position Parser::place(std::size_t at) const {
  Position where = origin_;
  where.line = std::max(where.line, 1);
  where.column = std::max(where.column, 1) + static_cast<int>(at);
  return where;
}

std::string Parser::found() const {
  if (at_ == text_.size()) return "the end";
  const std::string_view word = word_here();
  return "'" + xml_clean(word.empty() ? text_.substr(at_, 1) : word.substr(0, 60)) + "'";
}

void Parser::fail(std::size_t at, const std::string& what, const std::string& remedy) const {
  throw Error(ErrorKind::usage, place(at), what, remedy);
}

/// A part of an expression as text, with how tightly its last operator binds.
struct Piece {
  std::string text;
  Step::Kind kind;
};

int rank(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::either:
      return 0;
    case Step::Kind::both:
      return 1;
    case Step::Kind::negate:
      return 2;
    case Step::Kind::atom:
      return 3;
  }
  std::unreachable();
}

std::string in_parentheses_below(const Piece& piece, int needed) {
  return rank(piece.kind) < needed ? "(" + piece.text + ")" : piece.text;
}

}  // namespace

std::string to_string(const Atom& atom) { return atom.arg ? atom.name + "(" + *atom.arg + ")" : atom.name; }

Expr::Expr(std::vector<Atom> atoms, std::vector<Step> steps) : atoms_(std::move(atoms)), steps_(std::move(steps)) {}

Expr Expr::parse(std::string_view text, Position origin) {
  Parser parser(text, std::move(origin));
  parser.parse();
  return {std::move(parser.atoms), std::move(parser.steps)};
}

bool Expr::eval(const std::function<bool(const Atom&)>& holds) const {
  std::vector<bool> stack;
  for (const Step& step : steps_) {
    if (step.kind == Step::Kind::atom) {
      stack.push_back(holds(atoms_[step.atom]));
      continue;
    }
    const bool last = stack.back();
    if (step.kind == Step::Kind::negate) {
      stack.back() = !last;
      continue;
    }
    stack.pop_back();
    stack.back() = step.kind == Step::Kind::both ? stack.back() && last : stack.back() || last;
  }
  return stack.back();
}

std::string Expr::to_string() const {
  std::vector<Piece> stack;
  for (const Step& step : steps_) {
    if (step.kind == Step::Kind::atom) {
      stack.push_back({xtest::to_string(atoms_[step.atom]), step.kind});
      continue;
    }
    const Piece last = std::move(stack.back());
    if (step.kind == Step::Kind::negate) {
      stack.back() = {"not " + in_parentheses_below(last, rank(step.kind)), step.kind};
      continue;
    }
    stack.pop_back();
    const int needed = rank(step.kind);
    std::string& text = stack.back().text;
    text = in_parentheses_below(stack.back(), needed) + (step.kind == Step::Kind::both ? " and " : " or ");
    text += in_parentheses_below(last, needed);
    stack.back().kind = step.kind;
  }
  return stack.back().text;
}

}  // namespace xtest
