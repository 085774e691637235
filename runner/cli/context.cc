// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/context.h"

#include "runner/base/text.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/install.h"
#include "runner/store/paths.h"
#include "targets/rust.h"

#include <algorithm>
#include <iostream>

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
  return all;
}

Expectations expectations_for(const PreparedTarget& target, const RunOptions& options) {
  Expectations lists;
  lists.add_lies(target.target, target.executor);
  for (const std::string& file : options.expect) lists.add_file(file);
  return lists;
}

Task<void> install_missing(const RunContext& context, std::vector<Prepared>& prepared, const Registry& registry) {
  std::vector<std::string> packages;
  for (const Prepared& one : prepared) {
    for (std::string& package : missing_packages(one)) {
      if (std::ranges::find(packages, package) == packages.end()) packages.push_back(std::move(package));
    }
  }
  const bool wants_rust = asked_for(context.options.where, Language::rust);
  if (packages.empty() && !wants_rust) co_return;
  co_await install_packages(std::move(packages));
  for (const Prepared& one : prepared) {
    if (wants_rust && one.problems.contains(Language::rust)) co_await install_rust(one.target.target, context.folders.cache);
  }
  for (Prepared& one : prepared) {
    const Target target = one.target.target;
    one = co_await prepare(registry, target, context.options.where, context.folders);
  }
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

}  // namespace

Task<RunContext> make_context(const Registry& registry, RunOptions options, std::filesystem::path work,
                              std::set<std::string> only) {
  RunContext context;
  context.options = std::move(options);
  context.work = std::filesystem::absolute(work);
  const auto record = std::filesystem::absolute(context.options.runs) / context.work.filename();
  context.folders = Folders{find_locations(), unused_folder(context.work), cache_dir(), record / "consoles"};
  TargetLibrary library = open_targets(context.folders.locations, context.options.where);
  if (context.options.where.targets.empty())
    throw Error(ErrorKind::usage, "no target given", "name one with --target; `xtest targets` lists them");
  context.suites = choose_suites(context.options, context.folders.locations);
  for (const std::string& name : context.options.where.targets) {
    const Target& target = library.find(name);
    const auto has_name = [&](const Prepared& one) { return one.target.target.triple == target.triple; };
    if (std::ranges::any_of(context.prepared, has_name)) continue;
    context.prepared.push_back(co_await prepare(registry, target, context.options.where, context.folders));
  }
  if (context.options.install) co_await install_missing(context, context.prepared, registry);
  for (const Prepared& one : context.prepared) {
    require_ready(one, context.options.where);
    context.targets.push_back(one.target);
    context.expectations.push_back(expectations_for(one.target, context.options));
  }
  std::vector<std::string> filters = context.options.filters;
  for (const std::string& test : context.options.tests) filters.push_back("test(" + test + ")");
  const Selection selection(filters, std::move(only));
  const PlanInput input{context.targets, context.suites, registry.frameworks, selection,
                        Partition::parse(context.options.partition), context.work, context.folders.locations.binary};
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
