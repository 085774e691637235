// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/select.h"

#include "runner/base/hash.h"
#include "runner/base/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace xtest {
namespace {

constexpr std::array kPredicates = {"test", "suite", "group", "lang", "rung", "target", "toolchain", "executor"};

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
  return glob_match(*atom.arg, stream.executor);
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
