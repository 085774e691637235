// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/plan.h"

#include "runner/base/hash.h"
#include "runner/base/text.h"
#include "runner/engine/case_index.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace xtest {
namespace {

constexpr std::size_t kLeftOutShown = 10'000;

// "gcc 12.2, g++ 12.2 #1a2b3c4d": the versions for people, then a digest of the programs and their flags.
std::string toolchain_identity(const PreparedTarget& target, const std::string& name) {
  std::vector<std::string> versions;
  std::string exact;
  for (const auto& [language, toolchain] : target.toolchains) {
    if (toolchain.name != name) continue;
    if (std::ranges::find(versions, toolchain.version) == versions.end()) versions.push_back(toolchain.version);
    exact += toolchain.identity + '\n' + join(toolchain.spec.flags, "\n") + '\n' + join(toolchain.env, "\n") + '\n';
    for (const auto& [kind, flags] : toolchain.spec.link_flags) exact += kind + '\n' + join(flags, "\n") + '\n';
  }
  return versions.empty() ? "" : join(versions, ", ") + " #" + sha256_hex(exact).substr(0, 8);
}

const Framework& framework_of(const Suite& suite, const PlanInput& input) {
  for (const auto& framework : input.frameworks) {
    if (framework->name() == suite.framework) return *framework;
  }
  throw Error(ErrorKind::usage, Position{(suite.folder / "suite.yaml").string()}, "unknown framework '" + suite.framework + "'");
}

View view_of(const PreparedTarget& prepared, const PlanInput& input) {
  return View{prepared.target, prepared.toolchains, prepared.absent, prepared.features, input.work / prepared.target.triple,
              input.xtest, prepared.executor, prepared.answers};
}

class Planner {
 public:
  explicit Planner(const PlanInput& input) : input_(input) {}

  Plan make() {
    for (std::size_t target = 0; target < input_.targets.size(); ++target) {
      for (const Suite& suite : input_.suites) add_suite(suite, target);
    }
    refuse_circles();
    return std::move(plan_);
  }

 private:
  using Skips = std::map<std::string, std::string>;       // unit, group and case -> why it is skipped

  std::vector<ExpandedUnit> expand(const Suite& suite, const PreparedTarget& prepared) const {
    return framework_of(suite, input_).expand(suite, view_of(prepared, input_));
  }

  void add_suite(const Suite& suite, std::size_t target) {
    const PreparedTarget& prepared = input_.targets[target];
    if (prepared.only_confirms) return;
    const Skips elsewhere = prepared.confirmed_by ? skips(suite, input_.targets[*prepared.confirmed_by]) : Skips{};
    for (ExpandedUnit& expanded : expand(suite, prepared)) add_unit(std::move(expanded), suite, target, elsewhere);
  }

  static std::string key(const ExpandedUnit& expanded, const Case& test) {
    return expanded.toolchain + '\n' + expanded.options + '\n' + expanded.unit.name + '\n' + test.group + '\n' + test.name;
  }

  Skips skips(const Suite& suite, const PreparedTarget& prepared) const {
    Skips found;
    for (const ExpandedUnit& expanded : expand(suite, prepared)) {
      for (const Case& test : expanded.unit.cases) {
        if (!test.skip.empty()) found.emplace(key(expanded, test), test.skip);
      }
    }
    return found;
  }

  // Checks of the host say the same of a target whatever executes it.
  bool is_repeated_check(const ExpandedUnit& expanded, std::size_t target) const {
    return expanded.executor == "none" && std::ranges::any_of(input_.targets.first(target), [&](const PreparedTarget& before) {
             return before.target.triple == input_.targets[target].target.triple;
           });
  }

  void add_unit(ExpandedUnit expanded, const Suite& suite, std::size_t target, const Skips& elsewhere) {
    if (is_repeated_check(expanded, target)) return;
    const PreparedTarget& prepared = input_.targets[target];
    const Stream stream{prepared.target.triple, suite.name, expanded.toolchain, expanded.options, expanded.executor};
    select(stream, expanded.unit);
    if (expanded.unit.cases.empty()) return;
    expanded.unit.stream = stream_index(stream, suite, target);
    expanded.unit.result_files = suite.result_files;
    if (expanded.unit.framework.empty()) expanded.unit.framework = suite.framework;
    for (std::size_t which = 0; which < expanded.unit.cases.size() && !elsewhere.empty(); ++which) {
      const auto skip = elsewhere.find(key(expanded, expanded.unit.cases[which]));
      if (skip != elsewhere.end()) plan_.not_confirmable.emplace(static_cast<CaseIx>(plan_.case_unit.size() + which), skip->second);
    }
    plan_.first_case.push_back(static_cast<CaseIx>(plan_.case_unit.size()));
    plan_.case_unit.insert(plan_.case_unit.end(), expanded.unit.cases.size(), static_cast<UnitIx>(plan_.units.size()));
    plan_.units.push_back(std::move(expanded.unit));
  }

  void select(const Stream& stream, Unit& unit) {
    const std::string prefix = stream.to_string();
    std::erase_if(unit.cases, [&](const Case& test) {
      const std::string id = TestId{stream.suite, test.group, test.name}.to_string();
      if (!seen_.insert(prefix + "::" + test.group + "::" + test.name).second)
        throw Error(ErrorKind::usage, "test " + id + " appears twice in " + prefix);
      if (!input_.selection.selects(stream, id, test)) return leave_out(prefix, test, "filter");
      if (!input_.partition.takes(position_++, id)) return leave_out(prefix, test, "partition");
      return false;
    });
  }

  bool leave_out(const std::string& stream, const Case& test, const char* reason) {
    if (plan_.left_out_count++ < kLeftOutShown)
      plan_.left_out.push_back({stream + "::" + test.group + "::" + test.name, reason});
    return true;
  }

  StreamIx stream_index(const Stream& stream, const Suite& suite, std::size_t target) {
    const auto [found, is_new] = streams_.try_emplace(stream, static_cast<StreamIx>(plan_.streams.size()));
    if (is_new) {
      const PreparedTarget& prepared = input_.targets[target];
      const bool is_check = stream.executor == "none";
      const bool is_confirmed = prepared.confirmed_by && !is_check;
      plan_.streams.push_back({stream, is_check ? "none" : prepared.executor_identity, toolchain_identity(prepared, stream.toolchain),
                               suite.revision, is_confirmed ? input_.targets[*prepared.confirmed_by].executor_identity : ""});
      plan_.stream_target.push_back(target);
    }
    return found->second;
  }

  // Kahn's algorithm over units: what is left when nothing more can be taken is a circle.
  void refuse_circles() const {
    const auto needs_something = [](const Unit& unit) {
      return std::ranges::any_of(unit.cases, [](const Case& test) { return !test.needs.empty(); });
    };
    if (std::ranges::none_of(plan_.units, needs_something)) return;
    CaseIndex cases;
    for (CaseIx test = 0; test < plan_.case_unit.size(); ++test) cases.add(plan_.stream_of(test), plan_.id(test), test);
    std::vector<std::vector<UnitIx>> dependents(plan_.units.size());
    std::vector<std::size_t> waiting(plan_.units.size(), 0);
    for (UnitIx unit = 0; unit < plan_.units.size(); ++unit) {
      const Stream& stream = plan_.streams[plan_.units[unit].stream].stream;
      for (const Case& test : plan_.units[unit].cases) {
        for (const std::string& need : test.needs) {
          const CaseIx* found = cases.find(stream, need);
          if (!found) continue;
          dependents[plan_.case_unit[*found]].push_back(unit);
          ++waiting[unit];
        }
      }
    }
    std::vector<UnitIx> ready;
    for (UnitIx unit = 0; unit < waiting.size(); ++unit) {
      if (waiting[unit] == 0) ready.push_back(unit);
    }
    std::size_t taken = 0;
    while (!ready.empty()) {
      const UnitIx unit = ready.back();
      ready.pop_back();
      ++taken;
      for (const UnitIx dependent : dependents[unit]) {
        if (--waiting[dependent] == 0) ready.push_back(dependent);
      }
    }
    if (taken == waiting.size()) return;
    const auto stuck = std::ranges::find_if(waiting, [](std::size_t count) { return count > 0; }) - waiting.begin();
    throw Error(ErrorKind::usage, "the `needs` of " + plan_.units[static_cast<std::size_t>(stuck)].name + " form a circle");
  }

  const PlanInput& input_;
  Plan plan_;
  std::map<Stream, StreamIx> streams_;
  std::unordered_set<std::string> seen_;
  std::size_t position_ = 0;
};

}  // namespace

std::string result_id(const Stream& stream, const Case& test) {
  return stream.to_string() + "::" + test.group + "::" + test.name;
}

std::string Plan::id(CaseIx test) const {
  const Case& which = at(test);
  return TestId{stream_of(test).suite, which.group, which.name}.to_string();
}

std::string Plan::result_id(CaseIx test) const {
  return xtest::result_id(stream_of(test), at(test));
}

std::string Plan::digest() const {
  std::string all;
  for (CaseIx test = 0; test < case_unit.size(); ++test) all += result_id(test) + '\n';
  return sha256_hex(all);
}

std::vector<OpenQuestion> open_questions(const PlanInput& input) {
  std::vector<OpenQuestion> open;
  for (std::size_t target = 0; target < input.targets.size(); ++target) {
    const PreparedTarget& prepared = input.targets[target];
    std::set<std::string> known;
    for (const auto& [name, answer] : prepared.answers) known.insert(name);
    for (const Suite& suite : input.suites) {
      for (Question& question : framework_of(suite, input).questions(suite, view_of(prepared, input))) {
        if (known.insert(question.name).second) open.push_back({target, std::move(question)});
      }
    }
  }
  return open;
}

Plan make_plan(const PlanInput& input) { return Planner(input).make(); }

}  // namespace xtest
