// SPDX-License-Identifier: Apache-2.0
#include "suites/test2json_framework.h"

#include "runner/base/text.h"
#include "suites/conditions.h"
#include "suites/go_build.h"
#include "suites/go_reader.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kWholePackage = "package";       // the case of a package whose tests are not known
constexpr std::size_t kMostOutput = 24u << 20;         // some 10^5 subtests

// What a unit keeps for its executions.
struct GoUnit {
  std::string program, cwd;
  std::vector<std::string> env;
  std::int64_t limit = 0;
  std::size_t tests = 0;                               // of the package; 0: they are to be listed
  bool is_short = false, marked = false;

  NLOHMANN_DEFINE_TYPE_INTRUSIVE(GoUnit, program, cwd, env, limit, tests, is_short, marked)
};

GoUnit go_unit(const Unit& unit) { return json::parse(unit.data).get<GoUnit>(); }

// 0x16 before each line of the protocol came with Go 1.20.
bool marks_lines(const std::string& version) {
  int major = 0, minor = 0;
  const auto at = version.find("go1.");
  if (at == version.npos || std::sscanf(version.c_str() + at, "go%d.%d", &major, &minor) != 2) return true;
  return major > 1 || minor >= 20;
}

// Why no test of the suite can run here, or empty.
std::string why_not(const Suite& suite, const GoSettings& settings, const View& view) {
  const auto absent = view.absent.find(Language::go);
  if (!view.toolchains.contains(Language::go)) return why_absent(Language::go, absent == view.absent.end() ? "" : absent->second);
  if (const auto condition = suite.config.find("requires")) {
    if (std::string why = why_unmet(read_condition(*condition), view); !why.empty()) return why;
  }
  const bool sees_our_files = view.features.contains("host") || view.features.contains("qemu-user") || view.features.contains("wine");
  if (!sees_our_files) return "the folders of Go packages cannot be sent to another system yet; use --on host, qemu-user or wine";
  return other_version(suite, settings, view.toolchains.at(Language::go));
}

struct SetPackage {
  std::string set;
  GoPackage package;
};

// Those of the sets whose list is known, each once.
std::vector<SetPackage> known_packages(const Suite& suite, const GoSettings& settings, const View& view) {
  std::vector<SetPackage> all;
  std::set<std::string> seen;
  for (const GoSet& set : settings.sets) {
    const auto answer = view.answers.find(package_question(suite, settings, set, view.toolchains.at(Language::go)).name);
    if (answer == view.answers.end()) return {};
    for (GoPackage& package : packages_from(answer->second, suite, settings)) {
      const bool is_wanted = !view.may_want || view.may_want("go", set.name, package.path);
      if (seen.insert(package.path).second && is_wanted) all.push_back({set.name, std::move(package)});
    }
  }
  if (seen.empty())
    throw Error(ErrorKind::usage, Position{(suite.folder / "suite.yaml").string()}, "`go list` finds no package", "a suite needs at least one test");
  return all;
}

GoUnit unit_of(const Suite& suite, const GoSettings& settings, const GoTestBinary& binary, const Toolchain& go) {
  GoUnit unit;
  unit.program = binary.program.string();
  unit.cwd = binary.cwd.string();
  unit.limit = suite.limit.count();
  unit.is_short = settings.is_short;
  unit.marked = marks_lines(go.version);
  for (const std::string& entry : go_environment(suite, settings, go)) {
    if (entry.starts_with("GOROOT=")) continue;
    if (entry.starts_with("GO") || entry.starts_with("CGO_") || entry.starts_with("PATH=")) unit.env.push_back(entry);
  }
  if (!binary.goroot.empty()) unit.env.push_back("GOROOT=" + binary.goroot.string());
  unit.env.push_back("PWD=" + unit.cwd);
  unit.env.insert(unit.env.end(), settings.env.begin(), settings.env.end());
  return unit;
}

Job job_for(const GoUnit& unit) {
  Job job;
  job.kind = unit.tests == 0 ? JobKind::list : JobKind::run;
  job.place = Place::target;
  job.command.argv = {PathRef{unit.program}};
  job.command.env = unit.env;
  job.command.cwd = unit.cwd;
  job.command.limits.wall = std::chrono::milliseconds(unit.limit);
  job.inputs = {unit.program, unit.cwd};   // of a folder there is no digest, so that no pass is taken over
  if (unit.tests == 0) job.command.argv.insert(job.command.argv.end(), {"-test.list", "."});
  return job;
}

std::string tests_question(const Suite& suite, const GoPackage& package) { return suite.name + " " + package.path + ": -test.list"; }

// What `-test.list .` printed, without benchmarks and whatever else TestMain prints.
std::vector<std::string> listed_tests(const std::string& out) {
  std::vector<std::string> names;
  for (const std::string_view line : split(out, '\n')) {
    const bool is_kind = line.starts_with("Test") || line.starts_with("Example") || line.starts_with("Fuzz");
    if (is_kind && line.find_first_of(" \t\r/:") == line.npos && std::ranges::find(names, line) == names.end()) names.emplace_back(line);
  }
  return names;
}

void add_cases(const std::string& group, const Answer* answer, GoUnit& data, Unit& unit) {
  if (answer && answer->build_failure.empty() && exited_with(answer->completion, 0)) {
    for (std::string& name : listed_tests(answer->completion.out.text)) unit.cases.push_back(Case{group, std::move(name), "", {}, {}});
    data.tests = unit.cases.size();
    if (unit.cases.empty()) unit.cases.push_back(Case{group, kWholePackage, "it lists no tests", {}, {}});
  } else {
    unit.cases.push_back(Case{group, kWholePackage, "", {}, {}});
  }
}

ExpandedUnit expanded_unit(const std::string& set, const std::string& group, const std::string& source, const View& view) {
  ExpandedUnit expanded;
  expanded.toolchain = "go";
  expanded.options = set;
  expanded.executor = view.executor;
  expanded.unit.name = group;
  expanded.unit.source = source;
  expanded.unit.framework = "test2json";
  return expanded;
}

}  // namespace

std::vector<Question> Test2JsonFramework::questions(const Suite& suite, const View& view) const {
  const GoSettings settings = read_go_settings(suite);
  if (!why_not(suite, settings, view).empty()) return {};
  const Toolchain& go = view.toolchains.at(Language::go);
  std::vector<Question> questions;
  for (const GoSet& set : settings.sets) questions.push_back(package_question(suite, settings, set, go));
  for (const auto& [set, package] : known_packages(suite, settings, view)) {
    if (!package.skip.empty()) continue;
    GoTestBinary binary = make_go_test(suite, settings, package, go, view);
    Question& question = questions.emplace_back();
    question.name = tests_question(suite, package);
    question.job = job_for(unit_of(suite, settings, binary, go));
    question.builds = std::move(binary.builds);
  }
  return questions;
}

std::vector<ExpandedUnit> Test2JsonFramework::expand(const Suite& suite, const View& view) const {
  const GoSettings settings = read_go_settings(suite);
  std::vector<ExpandedUnit> units;
  if (const std::string why = why_not(suite, settings, view); !why.empty()) {
    for (const GoSet& set : settings.sets)
      units.emplace_back(expanded_unit(set.name, set.name, suite.sources.string(), view)).unit.cases.push_back(Case{set.name, "packages", why, {}, {}});
    return units;
  }
  const Toolchain& go = view.toolchains.at(Language::go);
  for (const auto& [set, package] : known_packages(suite, settings, view)) {
    Unit& unit = units.emplace_back(expanded_unit(set, package.path, package.folder.string(), view)).unit;
    if (!package.skip.empty()) {
      unit.cases.push_back(Case{package.path, kWholePackage, package.skip, {}, {}});
      continue;
    }
    GoTestBinary binary = make_go_test(suite, settings, package, go, view);
    GoUnit data = unit_of(suite, settings, binary, go);
    const auto answer = view.answers.find(tests_question(suite, package));
    add_cases(package.path, answer == view.answers.end() ? nullptr : &answer->second, data, unit);
    unit.builds = std::move(binary.builds);
    unit.data = json(data).dump();
  }
  return units;
}

Job Test2JsonFramework::execution(const Unit& unit, std::span<const std::size_t> cases, const std::string&) const {
  const GoUnit data = go_unit(unit);
  Job job = job_for(data);
  if (data.tests == 0) return job;
  job.command.limits.told_as = "-test.timeout=";
  job.command.limits.out_head = kMostOutput;
  auto& argv = job.command.argv;
  argv.insert(argv.end(), {data.marked ? "-test.v=test2json" : "-test.v", "-test.paniconexit0"});
  if (data.is_short) argv.emplace_back("-test.short");
  if (cases.size() == data.tests) return job;
  std::string names;
  for (const std::size_t which : cases) names += (names.empty() ? "" : "|") + unit.cases[which].name;
  argv.emplace_back("-test.run=^(" + names + ")$");
  return job;
}

std::unique_ptr<Reader> Test2JsonFramework::reader(const Unit& unit, std::span<const std::size_t> cases, const std::string&) const {
  const GoUnit data = go_unit(unit);
  if (data.tests == 0) return go_list_reader();
  std::vector<std::string> names;
  for (const std::size_t which : cases) names.push_back(unit.cases[which].name);
  return go_reader(std::move(names), data.marked);
}

}  // namespace xtest
