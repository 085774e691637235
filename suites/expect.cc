// SPDX-License-Identifier: Apache-2.0
#include "suites/expect.h"

#include "runner/base/hash.h"
#include "runner/base/text.h"
#include "runner/base/yaml.h"
#include "suites/conditions.h"

#include <algorithm>
#include <cctype>

namespace xtest {
namespace {

constexpr std::size_t most_lines = 30;

Expectation read_entry(const YamlNode& node, ExpectLayer layer) {
  node.allow_only({"test", "when", "versions", "status", "reason", "link", "reproducer", "expires"});
  Expectation entry;
  entry.layer = layer;
  entry.where = node.where();
  entry.test = node.at("test").as_string();
  entry.reason = node.at("reason").as_string();
  if (auto when = node.find("when")) entry.when = read_condition(*when);
  if (auto versions = node.find("versions")) entry.versions = read_versions(*versions);
  if (auto link = node.find("link")) entry.link = link->as_string();
  if (auto reproducer = node.find("reproducer")) {
    entry.reproducer = std::string(trim(reproducer->as_string()));
    if (split(entry.reproducer, '\n').size() > most_lines) reproducer->fail("a reproducer has at most 30 lines", "link to a longer one");
  }
  if (auto status = node.find("status")) {
    if (status->as_string() == "skip") entry.kind = Expectation::Kind::skip;
    else if (status->as_string() != "xfail") status->fail("status is xfail or skip");
  }
  if (auto expires = node.find("expires")) {
    entry.expires = expires->as_string();
    if (!is_date(entry.expires)) expires->fail("a date is written YYYY-MM-DD");
  }
  return entry;
}

}  // namespace

bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  return std::ranges::all_of(text, [](char c) { return c == '-' || std::isdigit(static_cast<unsigned char>(c)); });
}

std::string_view to_string(ExpectLayer layer) {
  switch (layer) {
    case ExpectLayer::target: return "target";
    case ExpectLayer::executor: return "executor";
    case ExpectLayer::suite: return "suite";
    case ExpectLayer::user: return "user";
  }
  return "";
}

bool is_meant(const Expectation& entry, const Occasion& occasion) {
  if (!entry.versions.empty() && !all_hold(entry.versions, version_in(occasion.suite_revision))) return false;
  return !entry.when || entry.when->eval([&](const Atom& atom) { return occasion.features.contains(atom.name); });
}

std::vector<Expectation> read_expectations(const std::filesystem::path& file, ExpectLayer layer) {
  const YamlNode root = load_yaml(file);
  root.allow_only({"expectations"});
  std::vector<Expectation> entries;
  for (const YamlNode& node : root.at("expectations").items()) entries.push_back(read_entry(node, layer));
  return entries;
}

void Expectations::add_file(const std::filesystem::path& file, ExpectLayer layer) { add(read_expectations(file, layer)); }

void Expectations::add(std::vector<Expectation> entries) {
  for (Expectation& entry : entries) {
    std::string beginning = entry.test.substr(0, entry.test.find_first_of("*?["));
    lengths_.insert(beginning.size());
    by_beginning_[std::move(beginning)].push_back(entries_.size());
    entries_.push_back(std::move(entry));
  }
}

bool Expectations::is_above(std::size_t one, std::size_t other) const {
  const ExpectLayer layer = entries_[one].layer, than = entries_[other].layer;
  return layer != than ? layer > than : one > other;
}

template <class Each>
void Expectations::for_each_about(const std::string& test, Each each) const {
  for (const std::size_t length : lengths_) {
    if (length > test.size()) break;
    const auto candidates = by_beginning_.find(test.substr(0, length));
    if (candidates == by_beginning_.end()) continue;
    for (const std::size_t at : candidates->second) {
      if (glob_match(entries_[at].test, test)) each(at);
    }
  }
}

template <class Fits>
const Expectation* Expectations::best(const std::string& test, Fits fits) const {
  std::optional<std::size_t> found;
  for_each_about(test, [&](std::size_t at) {
    if ((!found || is_above(at, *found)) && fits(entries_[at])) found = at;
  });
  return found ? &entries_[*found] : nullptr;
}

const Expectation* Expectations::find(const std::string& test, const Occasion& occasion) const {
  return best(test, [&](const Expectation& entry) { return !entry.is_expired(occasion.today) && is_meant(entry, occasion); });
}

const Expectation* Expectations::find_expired(const std::string& test, const Occasion& occasion) const {
  return best(test, [&](const Expectation& entry) { return is_meant(entry, occasion); });
}

std::vector<const Expectation*> Expectations::about(const std::string& test) const {
  std::vector<std::size_t> fitting;
  for_each_about(test, [&](std::size_t at) { fitting.push_back(at); });
  std::ranges::sort(fitting, [&](std::size_t one, std::size_t other) { return is_above(one, other); });
  std::vector<const Expectation*> found;
  for (const std::size_t at : fitting) found.push_back(&entries_[at]);
  return found;
}

std::string Expectations::digest() const {
  std::string all;
  for (const Expectation& entry : entries_) {
    for (const std::string& part : {std::string(to_string(entry.layer)), entry.test, entry.when ? entry.when->to_string() : std::string(),
                                    to_string(entry.versions), entry.reason, entry.expires})
      all += part + '\n';
    all += entry.kind == Expectation::Kind::skip ? "skip\n" : "xfail\n";
  }
  return sha256_hex(all);
}

}  // namespace xtest
