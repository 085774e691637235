// SPDX-License-Identifier: Apache-2.0
#include "suites/lies.h"

#include "runner/base/hash.h"
#include "runner/base/text.h"
#include "runner/base/yaml.h"
#include "suites/expect.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace xtest {
namespace {

constexpr std::size_t kMostEvidenceLines = 30;

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// "7.2.22" at the beginning of the text.
std::vector<int> leading_version(std::string_view text) {
  std::vector<int> numbers;
  while (!text.empty() && is_digit(text.front())) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return {};
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.size() < 2 || text.front() != '.' || !is_digit(text[1])) break;
    text.remove_prefix(1);
  }
  return numbers;
}

std::optional<VersionBound> parse_bound(std::string_view text) {
  const std::size_t sign = std::min(text.find_first_not_of("<>="), text.size());
  VersionBound bound{std::string(text.substr(0, sign)), leading_version(text.substr(sign))};
  const bool is_known = bound.sign == "<" || bound.sign == "<=" || bound.sign == "=" || bound.sign == ">=" || bound.sign == ">";
  const bool is_whole = text.find_first_not_of("0123456789.", sign) == text.npos && !text.ends_with('.');
  if (!is_known || bound.version.empty() || !is_whole) return std::nullopt;
  return bound;
}

bool holds(const VersionBound& bound, const std::vector<int>& version) {
  if (bound.sign == "=") return version.size() >= bound.version.size() && std::equal(bound.version.begin(), bound.version.end(), version.begin());
  const auto order = std::lexicographical_compare_three_way(version.begin(), version.end(), bound.version.begin(), bound.version.end());
  if (bound.sign == "<") return order < 0;
  if (bound.sign == "<=") return order <= 0;
  if (bound.sign == ">=") return order >= 0;
  return order > 0;
}

std::vector<VersionBound> read_versions(const YamlNode& node) {
  std::vector<VersionBound> bounds;
  for (const std::string_view word : split(node.as_string(), ' ')) {
    if (word.empty()) continue;
    const auto bound = parse_bound(word);
    if (!bound) node.fail("versions are written as bounds: \">=5.0 <9.2\"");
    bounds.push_back(*bound);
  }
  if (bounds.empty()) node.fail("versions are written as bounds: \">=5.0 <9.2\"");
  return bounds;
}

KnownLie read_lie(const YamlNode& node) {
  node.allow_only({"id", "executor", "versions", "test", "signature", "what", "evidence", "expires"});
  KnownLie lie;
  lie.where = node.where();
  lie.id = node.at("id").as_string();
  lie.executor = node.at("executor").as_string();
  lie.versions = read_versions(node.at("versions"));
  lie.what = node.at("what").as_string();
  const YamlNode evidence = node.at("evidence"), expires = node.at("expires");
  lie.evidence = std::string(trim(evidence.as_string()));
  if (lie.evidence.empty()) evidence.fail("evidence is a link or a reproducer");
  if (split(lie.evidence, '\n').size() > kMostEvidenceLines) evidence.fail("a reproducer has at most 30 lines; link to a longer one");
  lie.expires = expires.as_string();
  if (!is_date(lie.expires)) expires.fail("a date is written YYYY-MM-DD");
  const auto test = node.find("test"), signature = node.find("signature");
  if (!test && !signature) node.fail("say which failures: test, signature or both");
  if (test) lie.test = test->as_string();
  if (signature) lie.signature = signature->as_string();
  return lie;
}

}  // namespace

std::vector<int> version_in(const std::string& identity) {
  for (std::size_t at = 0; at < identity.size(); ++at) {
    if (!is_digit(identity[at]) || (at > 0 && std::isalnum(static_cast<unsigned char>(identity[at - 1])) != 0)) continue;
    auto version = leading_version(std::string_view(identity).substr(at));
    if (version.size() > 1) return version;
  }
  return {};
}

bool KnownLie::is_of(const std::string& place) const {
  return glob_match(executor, place) || glob_match(executor, place.substr(0, place.find(':')));
}

bool KnownLie::is_about(const StreamInfo& place, const std::string& test_id) const {
  if (!is_of(place.stream.executor) || !glob_match(test, test_id)) return false;
  const std::vector<int> version = version_in(place.executor_identity);
  return !version.empty() && std::ranges::all_of(versions, [&](const VersionBound& bound) { return holds(bound, version); });
}

void KnownLies::add_file(const std::filesystem::path& file) {
  const YamlNode root = load_yaml(file);
  root.allow_only({"lies"});
  for (const YamlNode& node : root.at("lies").items()) {
    KnownLie lie = read_lie(node);
    if (std::ranges::find(entries_, lie.id, &KnownLie::id) != entries_.end()) node.at("id").fail("there is another entry '" + lie.id + "'");
    entries_.push_back(std::move(lie));
  }
}

std::vector<const KnownLie*> KnownLies::candidates(const StreamInfo& place, const std::string& test, const std::string& today) const {
  std::vector<const KnownLie*> found;
  for (const KnownLie& entry : entries_) {
    if (!entry.is_expired(today) && entry.is_about(place, test)) found.push_back(&entry);
  }
  return found;
}

std::string KnownLies::digest() const {
  std::string all;
  for (const KnownLie& entry : entries_) {
    all += entry.id + '\n' + entry.executor + '\n' + entry.test + '\n' + entry.signature + '\n' + entry.what + '\n' + entry.expires + '\n';
    for (const VersionBound& bound : entry.versions) {
      all += bound.sign;
      for (const int number : bound.version) all += std::to_string(number) + '.';
    }
    all += '\n';
  }
  return sha256_hex(all);
}

}  // namespace xtest
