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

Expectation read_entry(const YamlNode& node) {
  node.allow_only({"test", "when", "status", "reason", "link", "expires"});
  Expectation entry;
  entry.where = node.where();
  entry.test = node.at("test").as_string();
  entry.reason = node.at("reason").as_string();
  if (auto when = node.find("when")) entry.when = read_condition(*when);
  if (auto link = node.find("link")) entry.link = link->as_string();
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

bool applies(const Expectation& entry, const std::string& test, const std::set<std::string>& features,
             const std::string& today) {
  if (!glob_match(entry.test, test)) return false;
  if (!entry.expires.empty() && entry.expires < today) return false;
  return !entry.when || entry.when->eval([&](const Atom& atom) { return features.contains(atom.name); });
}

}  // namespace

bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  return std::ranges::all_of(text, [](char c) { return c == '-' || std::isdigit(static_cast<unsigned char>(c)); });
}

void Expectations::add_file(const std::filesystem::path& file) {
  const YamlNode root = load_yaml(file);
  root.allow_only({"expectations"});
  for (const YamlNode& node : root.at("expectations").items()) entries_.push_back(read_entry(node));
}

const Expectation* Expectations::find(const std::string& test, const std::set<std::string>& features,
                                      const std::string& today) const {
  const auto last = std::ranges::find_if(entries_.rbegin(), entries_.rend(), [&](const Expectation& entry) {
    return applies(entry, test, features, today);
  });
  return last == entries_.rend() ? nullptr : &*last;
}

std::string Expectations::digest() const {
  std::string all;
  for (const Expectation& entry : entries_) {
    all += entry.test + '\n' + (entry.when ? entry.when->to_string() : "") + '\n' + entry.reason + '\n' +
           entry.expires + '\n' + (entry.kind == Expectation::Kind::skip ? "skip" : "xfail") + '\n';
  }
  return sha256_hex(all);
}

}  // namespace xtest
