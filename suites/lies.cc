// SPDX-License-Identifier: Apache-2.0
#include "suites/lies.h"

#include "runner/base/hash.h"
#include "runner/base/text.h"
#include "runner/base/yaml.h"
#include "suites/expect.h"

#include <algorithm>

namespace xtest {
namespace {

constexpr std::size_t kMostEvidenceLines = 30;

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

bool KnownLie::is_of(const std::string& place) const {
  return glob_match(executor, place) || glob_match(executor, place.substr(0, place.find(':')));
}

bool KnownLie::is_about(const StreamInfo& place, const std::string& test_id) const {
  if (!is_of(place.stream.executor) || !glob_match(test, test_id)) return false;
  const std::vector<int> version = version_in(place.executor_identity);
  return !version.empty() && all_hold(versions, version);
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
    all += to_string(entry.versions) + '\n';
  }
  return sha256_hex(all);
}

}  // namespace xtest
