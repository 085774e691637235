// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/context.h"

#include "runner/base/text.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/install.h"
#include "runner/engine/ask.h"
#include "runner/store/paths.h"
#include "targets/rust.h"

#include <algorithm>
#include <iostream>
#include <optional>
#include <thread>

namespace xtest {
namespace {

const std::vector<std::string> kDefaultSuites{"hello", "probes"};

std::vector<Suite> choose_suites(const RunOptions& options, const Locations& locations) {
  std::vector<std::filesystem::path> roots{locations.data / "suites"};
  roots.insert(roots.end(), options.suite_dirs.begin(), options.suite_dirs.end());
  std::vector<Suite> all = find_suites(roots);
  std::vector<std::string> names;
  for (const Suite& suite : all) names.push_back(suite.name);
  const auto& wanted = options.suites.empty() ? kDefaultSuites : options.suites;
  for (const std::string& name : wanted) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const auto near = nearest(name, names);
    throw Error(ErrorKind::usage, "unknown suite '" + name + "'",
                near ? "did you mean " + *near + "?" : "known suites: " + join(names, " "));
  }
  std::erase_if(all, [&](const Suite& suite) { return std::ranges::find(wanted, suite.name) == wanted.end(); });
  for (Suite& suite : all) {
    if (!suite.source) continue;
    suite.sources = cache_dir() / "suites" / suite.name / "tree" / suite.source->folder;
    if (!std::filesystem::is_directory(suite.sources))
      throw Error(ErrorKind::usage, "the tests of " + suite.name + " are not installed: there is no " + suite.sources.string(),
                  "xtest suite install " + suite.name);
  }
  return all;
}

bool is_emulated(const Prepared& one) { return one.executor && one.executor->features().contains("emulated"); }

// The entry that confirms failures of the target whose entries begin at `first`: one that is there, or one more.
Task<void> add_confirmer(const Registry& registry, RunContext& context, std::size_t first) {
  if (context.options.confirm.find(',') != std::string::npos) throw Error(ErrorKind::usage, "--confirm takes one executor");
  auto& all = context.prepared;
  const std::string& name = context.options.confirm;
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
  const auto found = std::find_if(begin, all.end(), [&](const Prepared& one) { return one.on == name; });
  const auto confirmer = static_cast<std::size_t>(found - all.begin());
  if (found == all.end()) {
    TargetOptions where = context.options.where;
    where.on = name;
    all.push_back(co_await prepare_on(registry, all.back(), where, context.folders));
    all.back().target.only_confirms = true;
  }
  bool any = false;
  std::string others;
  for (std::size_t at = first; at < all.size(); ++at) {
    if (at == confirmer || all[at].target.executor == all[confirmer].target.executor) continue;
    others += (others.empty() ? "" : ", ") + all[at].target.executor;
    if (!all[at].executor || is_emulated(all[at])) any = true, all[at].target.confirmed_by = confirmer;
  }
  if (any) co_return;
  const std::string why = others.empty() ? "every test runs there already" : others + " is no emulator: what fails there is the port's";
  throw Error(ErrorKind::usage, "--confirm " + name + ": " + why, "name the emulator with --on");
}

// Each target once, on each executor that was asked for.
Task<void> prepare_all(const Registry& registry, RunContext& context) {
  TargetLibrary library = open_targets(context.folders.locations, context.options.where);
  const auto executors = executors_asked_for(context.options.where.on);
  context.prepared.clear();
  std::set<std::string> triples;
  for (const std::string& name : context.options.where.targets) {
    const Target& target = library.find(name);
    if (!triples.insert(target.triple).second) continue;
    TargetOptions where = context.options.where;
    const std::size_t first = context.prepared.size();
    for (const std::string& executor : executors) {
      where.on = executor;
      if (executor == executors.front()) context.prepared.push_back(co_await prepare(registry, target, where, context.folders));
      else context.prepared.push_back(co_await prepare_on(registry, context.prepared.back(), where, context.folders));
    }
    if (!context.options.confirm.empty()) co_await add_confirmer(registry, context, first);
  }
}

Task<void> install_missing(RunContext& context, const Registry& registry) {
  std::vector<std::string> packages;
  for (const Prepared& one : context.prepared) {
    for (std::string& package : missing_packages(one)) {
      if (std::ranges::find(packages, package) == packages.end()) packages.push_back(std::move(package));
    }
  }
  const bool wants_rust = asked_for(context.options.where, Language::rust);
  if (packages.empty() && !wants_rust) co_return;
  co_await install_packages(std::move(packages));
  for (const Prepared& one : context.prepared) {
    if (wants_rust && one.problems.contains(Language::rust)) co_await install_rust(one.target.target, context.folders.cache);
  }
  co_await prepare_all(registry, context);
}

// A folder that no process has used: a test must not meet what a killed run left behind.
std::filesystem::path unused_folder(const std::filesystem::path& work) {
  std::error_code error;
  std::filesystem::create_directories(work, error);
  int number = 1;
  const auto folder = [&] { return work / ("scratch" + std::to_string(number)); };
  while (!error && !std::filesystem::create_directory(folder(), error)) ++number;
  return folder();
}

// Some suites can be listed only after something was built, or asked of a compiler.
Task<void> answer_questions(RunContext& context, const PlanInput& input) {
  std::optional<ActionCache> cache;
  if (!context.options.no_cache) cache.emplace(context.folders.cache);
  for (auto open = open_questions(input); !open.empty(); open = open_questions(input)) {
    AskParts parts{context.targets, {}, cache ? &*cache : nullptr, context.work, jobs_of(context.options), *context.folders.say};
    for (const Prepared& one : context.prepared) parts.executors.push_back(one.executor);
    auto answers = co_await ask(std::move(parts), open);
    for (std::size_t at = 0; at < open.size(); ++at)
      context.targets[open[at].target].answers.emplace(open[at].question.name, std::move(answers[at]));
  }
}

}  // namespace

int jobs_of(const RunOptions& options) {
  return options.jobs > 0 ? options.jobs : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

Task<RunContext> make_context(const Registry& registry, RunOptions options, std::filesystem::path work,
                              std::set<std::string> only) {
  RunContext context;
  context.options = std::move(options);
  context.work = std::filesystem::absolute(work);
  const auto record = std::filesystem::absolute(context.options.runs) / context.work.filename();
  context.folders = Folders{find_locations(), unused_folder(context.work), cache_dir(), record / "consoles"};
  if (context.options.where.targets.empty())
    throw Error(ErrorKind::usage, "no target given", "name one with --target; `xtest targets` lists them");
  context.suites = choose_suites(context.options, context.folders.locations);
  co_await prepare_all(registry, context);
  if (context.options.install) co_await install_missing(context, registry);
  for (const Prepared& one : context.prepared) {
    require_ready(one);
    context.targets.push_back(one.target);
    ListOwners owners{one.target.target.triple, one.target.executor, {}, context.options.expect};
    for (const Suite& suite : context.suites) owners.suites.push_back(suite.folder);
    context.expectations.push_back(expectations_for(context.folders.locations, owners));
  }
  context.lies = known_lies(context.folders.locations, context.options.known_lies);
  refuse_unknown_images(context.lies, context.folders.locations);
  std::vector<std::string> filters = context.options.filters;
  for (const std::string& test : context.options.tests) filters.push_back("test(" + test + ")");
  const Selection selection(filters, std::move(only));
  const PlanInput input{context.targets, context.suites, registry.frameworks, selection,
                        Partition::parse(context.options.partition), context.work, context.folders.locations.binary};
  co_await answer_questions(context, input);
  context.plan = make_plan(input);
  co_return context;
}

int refuse_empty_plan(const RunContext& context) {
  std::vector<std::string> asked = context.options.tests;
  asked.insert(asked.end(), context.options.filters.begin(), context.options.filters.end());
  std::vector<std::string> known;
  for (const Omitted& omitted : context.plan.left_out) {
    const auto colons = omitted.id.find("::");
    const auto parts = split(std::string_view(omitted.id).substr(0, colons), '/');
    if (parts.size() >= 2) known.push_back(std::string(parts[1]) + omitted.id.substr(colons));
  }
  const auto near = asked.empty() ? std::nullopt : nearest(asked.front(), known);
  std::cerr << "error: no test was selected" << (asked.empty() ? "" : " by " + join(asked, ", ")) << "\n  "
            << (near ? "did you mean " + *near + "?" : "`xtest plan` with the same options shows what is there") << "\n";
  return exit_code::nothing_selected;
}

}  // namespace xtest
