// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/expect_report.h"

#include "runner/base/text.h"

#include <algorithm>
#include <map>
#include <set>

namespace xtest {
namespace {

using Ids = std::map<std::string, std::vector<std::string>>;   // of the tests, by suite

std::string suite_of(const std::string& id) { return id.substr(0, id.find("::")); }

// "TARGET/SUITE/...::group::case"
std::string id_of_omitted(const std::string& result) {
  const auto colons = result.find("::");
  const auto parts = split(std::string_view(result).substr(0, colons), '/');
  return parts.size() < 2 ? "" : std::string(parts[1]) + result.substr(colons);
}

Ids ids_of(const Plan& plan, std::size_t target) {
  Ids ids;
  for (CaseIx test = 0; test < plan.case_unit.size(); ++test) {
    if (plan.stream_target[plan.units[plan.case_unit[test]].stream] != target) continue;
    std::string id = plan.id(test);
    ids[suite_of(id)].push_back(std::move(id));
  }
  for (const Omitted& omitted : plan.left_out) {
    std::string id = id_of_omitted(omitted.id);
    if (const auto suite = ids.find(suite_of(id)); suite != ids.end()) suite->second.push_back(std::move(id));
  }
  return ids;
}

std::set<const Expectation*> named(const Expectations& lists, const Ids& ids) {
  std::set<const Expectation*> found;
  for (const auto& [suite, of_suite] : ids) {
    for (const std::string& id : of_suite) {
      for (const Expectation* entry : lists.about(id)) found.insert(entry);
    }
  }
  return found;
}

std::string revision_of(const Plan& plan, const std::string& suite) {
  const auto found = std::ranges::find_if(plan.streams, [&](const StreamInfo& info) { return info.stream.suite == suite; });
  return found == plan.streams.end() ? "" : found->suite_revision;
}

}  // namespace

std::vector<Note> expectation_notes(const Plan& plan, const std::vector<PreparedTarget>& targets, const std::vector<Expectations>& lists,
                                    const std::string& today) {
  std::vector<Note> notes;
  std::set<std::string> told;
  const auto tell = [&](const Expectation& entry, const std::string& what) {
    std::string text = entry.test + " (" + to_string(entry.where) + ") " + what;
    if (told.insert(text).second) notes.push_back({kExpectNotes, std::move(text)});
  };
  const bool knows_all = plan.left_out.size() == plan.left_out_count;
  for (std::size_t target = 0; target < targets.size(); ++target) {
    if (lists[target].entries().empty()) continue;
    const Ids ids = ids_of(plan, target);
    const auto naming = named(lists[target], ids);
    for (const Expectation& entry : lists[target].entries()) {
      const auto suite = ids.find(suite_of(entry.test));
      if (suite == ids.end()) continue;                       // not run, or a glob over suites
      const std::string revision = revision_of(plan, suite->first);
      if (!is_meant(entry, {targets[target].features, revision, today})) continue;
      if (entry.is_expired(today)) tell(entry, "expired on " + entry.expires + " and no longer applies: look again");
      else if (knows_all && !naming.contains(&entry)) tell(entry, "names no test of its suite");
    }
  }
  return notes;
}

}  // namespace xtest
