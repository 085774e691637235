// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/select.h"

#include "runner/base/hash.h"
#include "runner/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace xtest {
namespace {

constexpr std::array kPredicates = {"test", "suite", "group", "lang", "rung", "target", "toolchain", "options", "executor"};
constexpr int kMostUnknown = 8;

void check_atom(const Atom& atom) {
  if (!atom.arg) return;
  if (std::ranges::find(kPredicates, atom.name) != kPredicates.end()) return;
  const std::vector<std::string> known(kPredicates.begin(), kPredicates.end());
  const auto near = nearest(atom.name, known);
  throw Error(ErrorKind::usage, atom.where, "unknown filter " + atom.name + "()",
              near ? "did you mean " + *near + "()?" : "known filters: " + join(known, " "));
}

bool id_matches(const std::string& pattern, const std::string& id) {
  if (glob_match(pattern, id)) return true;
  return id.size() > pattern.size() + 2 && id.compare(pattern.size(), 2, "::") == 0 && id.starts_with(pattern);
}

bool holds(const Atom& atom, const Stream& stream, const std::string& id, const Case& test) {
  if (!atom.arg || atom.name == "test") return id_matches(atom.arg.value_or(atom.name), id);
  if (atom.name == "suite") return glob_match(*atom.arg, stream.suite);
  if (atom.name == "group") return glob_match(*atom.arg, test.group);
  if (atom.name == "lang") return glob_match(*atom.arg, language_of(test));
  if (atom.name == "rung") return glob_match(*atom.arg, test.rung);
  if (atom.name == "target") return glob_match(*atom.arg, stream.target);
  if (atom.name == "toolchain") return glob_match(*atom.arg, stream.toolchain);
  if (atom.name == "options") return glob_match(*atom.arg, stream.options);
  return glob_match(*atom.arg, stream.executor);
}

bool is_plain(std::string_view text) { return text.find_first_of("*?[") == text.npos; }

// False only if no test of the group can have an id like this.
bool may_be_in(const std::string& pattern, const std::string& suite, const std::string& group) {
  const std::size_t first = pattern.find("::");
  const std::string_view of_suite = std::string_view(pattern).substr(0, first);
  if (is_plain(of_suite) && of_suite != suite) return false;
  if (first == pattern.npos || !is_plain(of_suite)) return true;
  const std::string_view rest = std::string_view(pattern).substr(first + 2), of_group = rest.substr(0, rest.find("::"));
  return !is_plain(of_group) || of_group == group;
}

// Whether it holds for every test of the group, or for none; nothing: for some, perhaps.
std::optional<bool> holds_for_all(const Atom& atom, const Stream& stream, const std::string& group) {
  if (!atom.arg || atom.name == "test") {
    if (may_be_in(atom.arg.value_or(atom.name), stream.suite, group)) return std::nullopt;
    return false;
  }
  if (atom.name == "lang" || atom.name == "rung") return std::nullopt;
  return holds(atom, stream, "", Case{group, "", "", {}, {}});
}

// Tries both answers for each atom that depends on the test.
bool may_hold(const Expr& filter, const Stream& stream, const std::string& group) {
  std::vector<std::optional<bool>> known;
  for (const Atom& atom : filter.atoms()) known.push_back(holds_for_all(atom, stream, group));
  const auto unknown = std::ranges::count_if(known, [](const auto& one) { return !one; });
  if (unknown > kMostUnknown) return true;
  for (unsigned guess = 0; guess < 1u << unknown; ++guess) {
    std::size_t at = 0, guessed = 0;
    const auto answer = [&](const Atom&) {
      const auto& one = known[at++];
      return one ? *one : (guess >> guessed++ & 1u) != 0;
    };
    if (filter.eval(answer)) return true;
  }
  return false;
}

unsigned parse_number(std::string_view text, const std::string& whole) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0)
    throw Error(ErrorKind::usage, "--partition " + whole + " is not understood", "write slice:1/3 or hash:1/3");
  return value;
}

}  // namespace

Selection::Selection(const std::vector<std::string>& filters, std::set<std::string> only) : only_(std::move(only)) {
  for (const std::string& text : filters) {
    filters_.push_back(Expr::parse(text, Position{"--filter", 1, 1}));
    std::ranges::for_each(filters_.back().atoms(), check_atom);
  }
}

bool Selection::selects(const Stream& stream, const std::string& id, const Case& test) const {
  if (!only_.empty() && !only_.contains(stream.to_string() + "::" + test.group + "::" + test.name)) return false;
  if (filters_.empty()) return true;
  return std::ranges::any_of(filters_, [&](const Expr& filter) {
    return filter.eval([&](const Atom& atom) { return holds(atom, stream, id, test); });
  });
}

bool Selection::may_select(const Stream& stream, const std::string& group) const {
  const std::string prefix = stream.to_string() + "::" + group + "::";
  const auto first = only_.lower_bound(prefix);
  if (!only_.empty() && (first == only_.end() || !first->starts_with(prefix))) return false;
  return filters_.empty() || std::ranges::any_of(filters_, [&](const Expr& filter) { return may_hold(filter, stream, group); });
}

Partition Partition::parse(const std::string& text) {
  Partition partition;
  if (text.empty()) return partition;
  const auto colon = text.find(':');
  const auto slash = text.find('/');
  const std::string kind = text.substr(0, colon);
  if (colon == std::string::npos || slash == std::string::npos || slash < colon || (kind != "slice" && kind != "hash"))
    throw Error(ErrorKind::usage, "--partition " + text + " is not understood", "write slice:1/3 or hash:1/3");
  partition.kind = kind == "slice" ? Kind::slice : Kind::hash;
  partition.index = parse_number(std::string_view(text).substr(colon + 1, slash - colon - 1), text);
  partition.count = parse_number(std::string_view(text).substr(slash + 1), text);
  if (partition.index > partition.count)
    throw Error(ErrorKind::usage, "--partition " + text + ": part " + std::to_string(partition.index) + " of only " +
                                      std::to_string(partition.count));
  return partition;
}

bool Partition::takes(std::size_t position, const std::string& id) const {
  if (kind == Kind::none) return true;
  if (kind == Kind::slice) return position % count == index - 1;
  const std::string digest = sha256_hex(id).substr(0, 8);
  return std::stoul(digest, nullptr, 16) % count == index - 1;
}

std::string language_of(const Case& test) { return test.name.substr(0, test.name.find('-')); }

}  // namespace xtest
