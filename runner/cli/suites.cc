// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/suites.h"

#include "runner/base/error.h"
#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace xtest {
namespace {

std::string_view to_string(SuiteState::Kind kind) {
  switch (kind) {
    case SuiteState::Kind::own: return "here";
    case SuiteState::Kind::absent: return "not installed";
    case SuiteState::Kind::damaged: return "damaged";
    case SuiteState::Kind::here: return "installed";
  }
  return "?";
}

std::string row(std::size_t width, std::string_view name, std::string_view framework, std::string_view state, std::string_view title) {
  return fmt::format("{:<{}}  {:<11}  {:<13}  {}\n", name, width, framework, state, title);
}

}  // namespace

std::vector<Suite> known_suites(const Locations& locations, const std::vector<std::string>& folders) {
  std::vector<std::filesystem::path> roots{locations.data / "suites"};
  roots.insert(roots.end(), folders.begin(), folders.end());
  return find_suites(roots);
}

const Suite& find_suite(const std::vector<Suite>& suites, const std::string& name) {
  const auto found = std::ranges::find(suites, name, &Suite::name);
  if (found != suites.end()) return *found;
  std::vector<std::string> names;
  for (const Suite& suite : suites) names.push_back(suite.name);
  const auto near = nearest(name, names);
  throw Error(ErrorKind::usage, "unknown suite '" + name + "'", near ? "did you mean " + *near + "?" : "known suites: " + join(names, " "));
}

std::string suite_table(const std::vector<Suite>& suites, const std::filesystem::path& cache) {
  std::size_t width = 5;
  for (const Suite& suite : suites) width = std::max(width, suite.name.size());
  std::string text = row(width, "suite", "framework", "state", "what it is");
  for (const Suite& suite : suites) text += row(width, suite.name, suite.framework, to_string(state_of(suite, cache, false).kind), suite.title);
  return text + "\n`xtest suite show NAME` explains one.\n";
}

std::string suite_details(const Suite& suite, const SuiteState& state, const std::filesystem::path& cache) {
  std::string text = fmt::format("{}\n  {}\n  framework   {}\n  described   {}\n", suite.name, suite.title, suite.framework, (suite.folder / "suite.yaml").string());
  if (suite.source) text += "  from        " + describe(*suite.source) + "\n";
  text += fmt::format("  state       {}\n", to_string(state.kind));
  if (!state.trouble.empty()) text += "              " + state.trouble + "\n";
  if (state.kind == SuiteState::Kind::own) text += "  tests       " + suite.folder.string() + "\n";
  if (state.kind == SuiteState::Kind::absent || state.kind == SuiteState::Kind::damaged) text += "              xtest suite install " + suite.name + "\n";
  if (state.kind != SuiteState::Kind::here) return text;
  Suite used = suite;
  use_installed(used, cache);
  text += fmt::format("  tests       {}\n  revision    {}\n", used.sources.string(), used.revision);
  for (const UnpackedPackage& one : state.manifest.packages) text += fmt::format("  package     {} {} ({})\n              sha256 {}\n", one.package, one.version, one.architecture, one.sha256);
  if (!state.manifest.checkout.empty()) return text + "  checkout    " + state.manifest.checkout.string() + "\n";
  return text + fmt::format("  holds       {} files, {}; every byte is as it was unpacked\n", state.manifest.files, human_bytes(state.manifest.bytes));
}

void tell_on_stderr(std::string_view line) { std::cerr << "xtest: " << line << "\n"; }

}  // namespace xtest
