// SPDX-License-Identifier: Apache-2.0
#include "suites/dg.h"

#include "runner/base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>

namespace xtest {
namespace {

using Words = std::vector<std::string>;

// They tell what the compiler should say, or what more belongs to the test.
constexpr std::array<std::string_view, 20> kNotJudged{
    "dg-error", "dg-warning", "dg-message", "dg-note", "dg-bogus", "dg-line", "dg-regexp", "dg-final", "dg-output", "dg-shouldfail",
    "dg-excess-errors", "dg-ice", "dg-additional-sources", "dg-additional-files", "dg-lto-do", "dg-lto-options", "dg-optimized",
    "dg-missed", "dg-set-compiler-env-var", "dg-set-target-env-var"};

// They change nothing here: messages are not judged, and the limit is the suite's.
constexpr std::array<std::string_view, 4> kWithoutEffect{"dg-prune-output", "dg-timeout", "dg-timeout-factor", "dg-prms-id"};

// dg-require-NAME "" is the effective target NAME.
const std::map<std::string_view, const char*> kRequired{
    {"dg-require-alias", "alias"}, {"dg-require-weak", "weak"}, {"dg-require-visibility", "visibility"}, {"dg-require-ifunc", "ifunc"},
    {"dg-require-fork", "fork"}, {"dg-require-mkfifo", "mkfifo"}, {"dg-require-named-sections", "named_sections"}};

// Options for a feature on the targets that need them, as add_options_for_FEATURE of target-supports.exp.
struct Feature {
  std::string_view name, triplets, options;
};
constexpr std::array<Feature, 7> kFeatures{{{"ieee", "alpha*-*-*", "-mieee"}, {"ieee", "sh*-*-*", "-mieee"}, {"ieee", "rx-*-*", "-mnofpu"},
                                            {"c99_runtime", "*-*-solaris2*", "-std=c99"}, {"tls", "powerpc-ibm-aix*", "-pthread"},
                                            {"stack_size", "", ""}, {"int128", "", ""}}};

bool is_plain(std::string_view word) { return !word.empty() && word.find_first_of(" \t\n{}\"") == word.npos; }

bool is_target_name(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, [](unsigned char c) { return std::isalnum(c) != 0 || std::string_view("_-.+*?[]").find(static_cast<char>(c)) != std::string_view::npos; });
}

[[noreturn]] void fail(const DgDirective& at, const std::string& what, const std::string& remedy = {}) {
  throw Error(ErrorKind::usage, at.where, at.name + ": " + what, remedy);
}

// One test's directives, in order: those that come later know the options of those before.
class Follower {
 public:
  explicit Follower(const DgMachine& machine) : machine_(machine) {}

  DgVerdict follow(const std::vector<DgDirective>& directives) {
    for (const DgDirective& directive : directives) take(directive);
    if (selected_ == Selected::no) skip(*deselected_by_);
    for (const DgDirective* directive : conditional_xfails_) {
      if (applies(*directive)) expect_failure(*directive);
    }
    verdict_.options.insert(verdict_.options.begin(), options_.begin(), options_.end());
    return std::move(verdict_);
  }

 private:
  enum class Selected { unsaid, yes, no };

  void take(const DgDirective& at) {
    const auto is_among = [&](const auto& names) { return std::ranges::find(names, at.name) != names.end(); };
    if (at.name == "dg-do") return take_do(at);
    if (at.name == "dg-options") return take_options(at, true);
    if (at.name == "dg-additional-options") return take_options(at, false);
    if (at.name == "dg-add-options") return add_for_features(at);
    if (at.name == "dg-skip-if") return applies(at) ? skip(at) : void();
    if (at.name == "dg-xfail-run-if") return applies(at) ? expect_failure(at) : void();
    if (at.name == "dg-xfail-if") return check_condition(at), conditional_xfails_.push_back(&at);
    if (at.name == "dg-require-effective-target") return require_effective_target(at);
    if (const auto required = kRequired.find(at.name); required != kRequired.end())
      return machine_.has(required->second, at.where) ? void() : skip(at);
    if (is_among(kNotJudged)) return skip(at);
    if (at.name != "dg-require-stack-size" && !is_among(kWithoutEffect))
      fail(at, "nobody here knows this directive", "leave the file out with `exclude` if it cannot be judged without it");
  }

  void skip(const DgDirective& at) {
    if (verdict_.skip.empty()) verdict_.skip = at.text;
  }
  void expect_failure(const DgDirective& at) {
    if (verdict_.xfail.empty()) verdict_.xfail = at.text;
  }

  // A line that selects the target is not undone by another.
  void take_do(const DgDirective& at) {
    if (at.words.empty() || at.words.size() > 2) fail(at, "wants `run`, and perhaps a selector");
    if (at.words[0] != "run") skip(at);
    if (at.words.size() < 2) return;
    const auto [has_target, selected, xfails] = clause(at.words[1], at);
    if (xfails) expect_failure(at);
    if (!has_target || selected_ == Selected::yes) return;
    selected_ = selected ? Selected::yes : Selected::no;
    deselected_by_ = &at;
  }

  void take_options(const DgDirective& at, bool replaces) {
    if (at.words.empty() || at.words.size() > 2) fail(at, "wants options, and perhaps a target selector");
    if (at.words.size() == 2 && !target_clause(at.words[1], at)) return;
    if (at.words[0].find_first_of("[$") != std::string::npos) fail(at, "the options are Tcl code, which is not evaluated");
    if (replaces) options_.clear();
    for (std::string& option : tcl_words(at.words[0], at.where)) options_.push_back(std::move(option));
  }

  void add_for_features(const DgDirective& at) {
    for (const std::string& name : at.words) {
      if (std::ranges::none_of(kFeatures, [&](const Feature& one) { return one.name == name; }))
        fail(at, "no options are known for '" + name + "'", "known: ieee c99_runtime tls stack_size int128");
      for (const Feature& one : kFeatures) {
        if (one.name == name && is_target(one.triplets)) options_.emplace_back(one.options);
      }
    }
  }

  void require_effective_target(const DgDirective& at) {
    if (at.words.empty() || at.words.size() > 2) fail(at, "wants one keyword, and perhaps a target selector");
    const bool has = machine_.has(at.words[0], at.where);
    const bool is_asked = at.words.size() < 2 || target_clause(at.words[1], at);
    if (is_asked && !has) skip(at);
  }

  void check_condition(const DgDirective& at) const {
    if (at.words.size() < 2 || at.words.size() > 4) fail(at, "wants a comment, a selector, and perhaps options with and options without");
  }

  // Of dg-skip-if and its like: the target is selected, one element of the options is there and none of the others.
  bool applies(const DgDirective& at) const {
    check_condition(at);
    const bool selected = selects(at.words[1], at);
    const bool included = at.words.size() < 3 || has_options(at.words[2], at);
    const bool excluded = at.words.size() == 4 && has_options(at.words[3], at);
    return selected && included && !excluded;
  }

  // Each element of the list is a set of options, of which all have to be there; an empty one says nothing.
  bool has_options(const std::string& list, const DgDirective& at) const {
    return std::ranges::any_of(tcl_words(list, at.where), [&](const std::string& element) {
      const Words wanted = tcl_words(element, at.where);
      return !wanted.empty() && std::ranges::all_of(wanted, [&](const std::string& option) { return option == "*" || is_given(option); });
    });
  }

  bool is_given(const std::string& option) const {
    const auto matches = [&](const std::string& flag) { return glob_match(option, flag); };
    return std::ranges::any_of(machine_.flags, matches) || std::ranges::any_of(options_, matches);
  }

  struct Clause {
    bool has_target = false, selected = true, xfails = false;
  };

  // "target S", "xfail S" or "target S xfail S".
  Clause clause(const std::string& text, const DgDirective& at) const {
    const Words words = tcl_words(text, at.where);
    Clause found;
    for (std::size_t begin = 0, end; begin < words.size(); begin = end) {
      for (end = begin + 1; end < words.size() && words[end] != "xfail" && words[end] != "target"; ++end) {}
      const bool is_target = words[begin] == "target";
      if ((!is_target && words[begin] != "xfail") || end == begin + 1) break;
      const Words selector(words.begin() + static_cast<std::ptrdiff_t>(begin) + 1, words.begin() + static_cast<std::ptrdiff_t>(end));
      const bool answer = selector.size() == 1 ? selects(selector[0], at) : is_any(selector, at);
      if (is_target) found.has_target = true, found.selected = answer;
      else found.xfails = answer;
      if (end == words.size()) return found;
    }
    fail(at, "'" + text + "' is no selector", "write { target ... } or { xfail ... }");
  }

  bool target_clause(const std::string& text, const DgDirective& at) const {
    const Clause found = clause(text, at);
    if (!found.has_target || found.xfails) fail(at, "'" + text + "' is no target selector", "write { target ... }");
    return found.selected;
  }

  // A keyword or triplet, or an expression.
  bool selects(const std::string& selector, const DgDirective& at) const {
    const std::string word(trim(selector));
    if (is_plain(word)) return is_any({word}, at);
    const Words words = tcl_words(word, at.where);
    if (words.size() == 1) return selects(words[0], at);
    if (words.size() >= 2 && words[0] == "any-opts") return has_options(join(std::span(words).subspan(1), " "), at);
    if (words.size() >= 2 && words[0] == "no-opts") return !has_options(join(std::span(words).subspan(1), " "), at);
    if (words.size() == 2 && words[0] == "!") return !selects(words[1], at);
    if (words.size() == 3 && (words[1] == "&&" || words[1] == "||")) {
      const bool left = selects(words[0], at), right = selects(words[2], at);
      return words[1] == "&&" ? left && right : left || right;
    }
    return is_any(words, at);
  }

  bool is_any(const Words& names, const DgDirective& at) const {
    if (names.empty()) fail(at, "the selector is empty");
    bool any = false;
    for (const std::string& name : names) {
      if (!is_target_name(name)) fail(at, "'" + name + "' is no target", "an expression is { ! S }, { S && S } or { S || S }, one operator in each pair of braces");
      const bool is_triplet = name.find_first_of("-*") != std::string::npos;
      any = (is_triplet ? is_target(name) : machine_.has(name, at.where)) || any;
    }
    return any;
  }

  bool is_target(std::string_view triplet) const {
    return std::ranges::any_of(machine_.triples, [&](const std::string& name) { return glob_match(triplet, name); });
  }

  const DgMachine& machine_;
  DgVerdict verdict_;
  Words options_;
  Selected selected_ = Selected::unsaid;
  const DgDirective* deselected_by_ = nullptr;
  std::vector<const DgDirective*> conditional_xfails_;
};

}  // namespace

DgVerdict follow_dg(const std::vector<DgDirective>& directives, const DgMachine& machine) { return Follower(machine).follow(directives); }

}  // namespace xtest
