// SPDX-License-Identifier: Apache-2.0
#include "suites/exit_code_framework.h"

#include "runner/dialects/exit_status.h"
#include "suites/artifact.h"
#include "suites/conditions.h"
#include "suites/dg_suite.h"
#include "suites/exit_code_settings.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using OptionSet = ExitCodeSettings::OptionSet;

// Everything about one language, option set and link kind that its files have in common.
struct Cell {
  const Toolchain* toolchain = nullptr;
  std::string toolchain_name = "gcc";
  std::string skip;
  std::string link;
  std::string name_suffix;
  fs::path folder;
};

std::vector<Cell> cells_of(const Suite& suite, const ExitCodeSettings& settings, Language language, const OptionSet& options,
                           const View& view) {
  const auto toolchain = view.toolchains.find(language);
  const auto absent = view.absent.find(language);
  std::vector<Cell> cells;
  if (toolchain == view.toolchains.end() && absent == view.absent.end()) return cells;
  const std::vector<std::string> has = artifact_links(view.target, language);
  for (const std::string& link : settings.links.empty() ? std::vector{has.front()} : settings.links) {
    Cell& cell = cells.emplace_back();
    if (toolchain != view.toolchains.end()) {
      cell.toolchain = &toolchain->second;
      cell.toolchain_name = toolchain->second.name;
      if (settings.condition) cell.skip = why_unmet(*settings.condition, view);
    } else {
      cell.skip = why_absent(language, absent->second);
    }
    if (cell.skip.empty() && std::ranges::find(has, link) == has.end()) cell.skip = "requires link kind " + link;
    cell.link = link;
    cell.name_suffix = link == has.front() ? "" : "-" + link;
    cell.folder = view.work / suite.name / (options.name + "-" + cell.toolchain_name + "-" + link);
  }
  return cells;
}

// Every unit of a suite, cell by cell.
class Expansion {
 public:
  Expansion(const Suite& suite, const View& view)
      : suite_(suite), view_(view), settings_(read_exit_code_settings(suite)), sources_(find_exit_code_sources(suite, settings_)), directives_(suite) {}

  std::vector<ExpandedUnit> units() {
    std::vector<ExpandedUnit> units;
    units.reserve(sources_.size() * settings_.option_sets.size());
    for_each_cell([&](Language language, const OptionSet& options, const Cell& cell) {
      for (const ExitCodeSource& source : sources_) {
        if (source.language == language) add_unit(source, options, cell, units);
      }
    });
    return units;
  }

  // Of the same question for several option sets, all but the first are dropped by their name.
  std::vector<Question> questions() {
    std::vector<Question> questions;
    if (!settings_.has_directives) return questions;
    for_each_cell([&](Language language, const OptionSet&, const Cell& cell) {
      if (!cell.skip.empty()) return;
      std::set<std::string> keywords;
      for (const ExitCodeSource& source : sources_) {
        if (source.language == language) directives_.add_keywords(source.relative, view_.target, keywords);
      }
      for (Question& question : effective_target_questions(keywords, Asked{*cell.toolchain, cell.link}, view_))
        questions.push_back(std::move(question));
    });
    return questions;
  }

 private:
  void for_each_cell(const std::function<void(Language, const OptionSet&, const Cell&)>& body) const {
    for (const OptionSet& options : settings_.option_sets) {
      for (const Language language : {Language::c, Language::cxx}) {
        if (std::ranges::find(sources_, language, &ExitCodeSource::language) == sources_.end()) continue;
        for (const Cell& cell : cells_of(suite_, settings_, language, options, view_)) body(language, options, cell);
      }
    }
  }

  void add_unit(const ExitCodeSource& source, const OptionSet& options, const Cell& cell, std::vector<ExpandedUnit>& units) {
    ExpandedUnit& expanded = units.emplace_back();
    expanded.toolchain = cell.toolchain_name;
    expanded.options = options.name;
    expanded.executor = view_.executor;
    Unit& unit = expanded.unit;
    const std::size_t slash = source.relative.rfind('/');
    const bool is_below = slash != std::string::npos;
    const std::string file = is_below ? source.relative.substr(slash + 1) : source.relative;
    unit.name = source.relative + cell.name_suffix;
    unit.source = suite_.sources.native() + '/' + source.relative;
    unit.framework = "exit-code";
    DgVerdict verdict;
    if (settings_.has_directives && cell.skip.empty())
      verdict = directives_.verdict(source.relative, Asked{*cell.toolchain, cell.link}, options.flags, view_);
    unit.data = std::to_string(suite_.limit.count()) + '\n' + verdict.xfail;
    const std::string skip = cell.skip.empty() ? verdict.skip : cell.skip;
    unit.cases.push_back(Case{is_below ? source.relative.substr(0, slash) : "run", file + cell.name_suffix, skip, {}, {}});
    if (!skip.empty()) return;
    const fs::path below = is_below ? cell.folder / source.relative.substr(0, slash) : cell.folder;
    std::vector<std::string> flags = options.flags;
    flags.insert(flags.end(), verdict.options.begin(), verdict.options.end());
    const ArtifactSpec spec{{unit.source}, std::move(flags), cell.link, below, file + ".bin", suite_.sources};
    unit.builds = make_artifact(spec, *cell.toolchain, view_.target).builds;
    for (Job& build : unit.builds) build.command.limits.wall = settings_.build_limit;
  }

  const Suite& suite_;
  const View& view_;
  const ExitCodeSettings settings_;
  const std::vector<ExitCodeSource> sources_;
  DgSuite directives_;
};

// A test that its own source expects to fail says so itself, so that no list is needed to judge it, now or later.
Observed as_expected(Observed seen, const std::string& xfail) {
  if (xfail.empty() || seen.status == Status::infra) return seen;
  const bool passed = seen.status == Status::pass;
  seen.message = passed ? "it passes, and its source expects it to fail: " + xfail : xfail + ": " + seen.message;
  seen.status = passed ? Status::xpass : Status::xfail;
  seen.signature = make_signature(seen.message);
  return seen;
}

class ExitCodeReader final : public Reader {
 public:
  explicit ExitCodeReader(std::string xfail) : xfail_(std::move(xfail)) {}
  void feed(Channel, std::string_view, Observations&) override {}
  bool end(const Completion& completion, Observations& into) override {
    into.observed(0, as_expected(observed_from_exit(completion), xfail_));
    return true;
  }

 private:
  std::string xfail_;
};

}  // namespace

std::vector<Question> ExitCodeFramework::questions(const Suite& suite, const View& view) const { return Expansion(suite, view).questions(); }

std::vector<ExpandedUnit> ExitCodeFramework::expand(const Suite& suite, const View& view) const { return Expansion(suite, view).units(); }

Job ExitCodeFramework::execution(const Unit& unit, std::span<const std::size_t>, const std::string&) const {
  const fs::path& program = unit.builds.back().outputs.front();
  Job job;
  job.kind = JobKind::run;
  job.place = Place::target;
  job.command.argv = {PathRef{program}};
  job.command.limits.wall = std::chrono::milliseconds(std::stoll(unit.data));
  job.inputs = {program};
  return job;
}

std::unique_ptr<Reader> ExitCodeFramework::reader(const Unit& unit, std::span<const std::size_t>, const std::string&) const {
  return std::make_unique<ExitCodeReader>(unit.data.substr(unit.data.find('\n') + 1));
}

}  // namespace xtest
