// SPDX-License-Identifier: Apache-2.0
#include "suites/exit_code_framework.h"

#include "runner/base/text.h"
#include "runner/dialects/exit_status.h"
#include "suites/artifact.h"
#include "suites/conditions.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

struct OptionSet {
  std::string name;
  std::vector<std::string> flags;
};

struct Settings {
  std::vector<std::string> sources, exclude, links;
  std::vector<OptionSet> option_sets;
  std::optional<Expr> condition;
  std::chrono::milliseconds build_limit{0};
  Position sources_at;
};

struct Source {
  std::string relative;   // "sub/a.c"
  Language language = Language::c;
};

void check_name(const YamlNode& node, const std::string& name) {
  const bool good = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '+';
  });
  if (!good) node.fail("'" + name + "' is no name for an option set", "use letters, digits and - _ . + only");
}

std::vector<std::string> read_links(const YamlNode& node) {
  std::vector<std::string> links = node.as_strings();
  for (auto link = links.begin(); link != links.end(); ++link) {
    if (!link_kind_from(*link)) node.fail("unknown link kind '" + *link + "'", "known: dynamic pie static static-pie");
    if (std::find(links.begin(), link, *link) != link) node.fail("link kind '" + *link + "' stands here twice");
  }
  return links;
}

Settings read_settings(const Suite& suite) {
  const YamlNode& root = suite.config;
  root.allow_only({"suite", "title", "framework", "requires", "limit", "result-files", "revision", "from", "sources", "exclude", "flags",
                   "option-sets", "links", "build-limit"});
  Settings settings;
  settings.sources = root.at("sources").as_strings();
  settings.sources_at = root.at("sources").where();
  if (const auto exclude = root.find("exclude")) settings.exclude = exclude->as_strings();
  if (const auto links = root.find("links")) settings.links = read_links(*links);
  if (const auto condition = root.find("requires")) settings.condition = read_condition(*condition);
  if (const auto limit = root.find("build-limit")) settings.build_limit = limit->as_duration();
  std::vector<std::string> flags;
  if (const auto node = root.find("flags")) flags = node->as_strings();
  if (const auto sets = root.find("option-sets")) {
    for (const auto& [name, node] : sets->entries()) {
      check_name(node, name);
      OptionSet& set = settings.option_sets.emplace_back(name, flags);
      for (std::string& flag : node.as_strings()) set.flags.push_back(std::move(flag));
    }
  }
  if (settings.option_sets.empty()) settings.option_sets.push_back({"default", std::move(flags)});
  return settings;
}

bool matches(const std::vector<std::string>& patterns, std::string_view relative) {
  const bool is_below = relative.find('/') != std::string_view::npos;
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return (!is_below || pattern.find('/') != std::string::npos) && glob_match(pattern, relative);
  });
}

std::optional<Language> language_of_file(std::string_view name) {
  const std::string_view suffix = name.substr(name.rfind('.') + 1);
  if (suffix == "c") return Language::c;
  if (suffix == "cc" || suffix == "cpp" || suffix == "cxx" || suffix == "C") return Language::cxx;
  return std::nullopt;
}

void add_source(const Settings& settings, std::string relative, std::vector<Source>& sources) {
  if (!matches(settings.sources, relative) || matches(settings.exclude, relative)) return;
  const auto language = language_of_file(relative);
  if (!language)
    throw Error(ErrorKind::usage, settings.sources_at, relative + " is neither C nor C++",
                "narrow `sources` to *.c, *.cc, *.cpp or *.cxx");
  sources.push_back({std::move(relative), *language});
}

std::vector<Source> find_sources(const Suite& suite, const Settings& settings) try {
  const bool deep =
      std::ranges::any_of(settings.sources, [](const auto& glob) { return glob.find('/') != std::string::npos; });
  const std::size_t prefix = suite.sources.native().size() + 1;
  std::vector<Source> sources;
  for (auto at = fs::recursive_directory_iterator(suite.sources); at != fs::recursive_directory_iterator(); ++at) {
    const std::string& path = at->path().native();
    const bool is_hidden = path[path.rfind('/') + 1] == '.';
    if (at->is_directory() && (is_hidden || !deep)) at.disable_recursion_pending();
    else if (!is_hidden && at->is_regular_file()) add_source(settings, path.substr(prefix), sources);
  }
  if (sources.empty())
    throw Error(ErrorKind::usage, settings.sources_at,
                "no file in " + suite.sources.string() + " matches " + join(settings.sources, " "),
                "a suite needs at least one test");
  std::ranges::sort(sources, {}, &Source::relative);
  return sources;
} catch (const fs::filesystem_error& error) {
  throw Error(ErrorKind::usage, "cannot list " + suite.sources.string() + ": " + error.code().message());
}

// Everything about one language, option set and link kind that its files have in common.
struct Cell {
  const Toolchain* toolchain = nullptr;
  std::string toolchain_name = "gcc";
  std::string skip;
  std::string link;
  std::string name_suffix;
  fs::path folder;
};

std::vector<Cell> cells_of(const Suite& suite, const Settings& settings, Language language, const OptionSet& options,
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

void add_unit(const Suite& suite, const Source& source, const OptionSet& options, const Cell& cell, const View& view,
              std::vector<ExpandedUnit>& units) {
  ExpandedUnit& expanded = units.emplace_back();
  expanded.toolchain = cell.toolchain_name;
  expanded.options = options.name;
  expanded.executor = view.executor;
  Unit& unit = expanded.unit;
  const std::size_t slash = source.relative.rfind('/');
  const bool is_below = slash != std::string::npos;
  unit.name = source.relative + cell.name_suffix;
  unit.source = suite.sources.native() + '/' + source.relative;
  unit.framework = "exit-code";
  unit.data = std::to_string(suite.limit.count());
  unit.cases.push_back(Case{is_below ? source.relative.substr(0, slash) : "run",
                            (is_below ? source.relative.substr(slash + 1) : source.relative) + cell.name_suffix,
                            cell.skip,
                            {},
                            {}});
  if (!cell.skip.empty()) return;
  const fs::path below = is_below ? cell.folder / source.relative.substr(0, slash) : cell.folder;
  const std::string file = is_below ? source.relative.substr(slash + 1) : source.relative;
  const ArtifactSpec spec{{unit.source}, options.flags, cell.link, below, file + ".bin", suite.sources};
  unit.builds = make_artifact(spec, *cell.toolchain, view.target).builds;
}

class ExitCodeReader final : public Reader {
 public:
  void feed(Channel, std::string_view, Observations&) override {}
  bool end(const Completion& completion, Observations& into) override {
    into.observed(0, observed_from_exit(completion));
    return true;
  }
};

}  // namespace

std::vector<ExpandedUnit> ExitCodeFramework::expand(const Suite& suite, const View& view) const {
  const Settings settings = read_settings(suite);
  const std::vector<Source> sources = find_sources(suite, settings);
  std::vector<ExpandedUnit> units;
  units.reserve(sources.size());
  for (const OptionSet& options : settings.option_sets) {
    for (const Language language : {Language::c, Language::cxx}) {
      for (const Cell& cell : cells_of(suite, settings, language, options, view)) {
        for (const Source& source : sources) {
          if (source.language != language) continue;
          add_unit(suite, source, options, cell, view, units);
          for (Job& build : units.back().unit.builds) build.command.limits.wall = settings.build_limit;
        }
      }
    }
  }
  return units;
}

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

std::unique_ptr<Reader> ExitCodeFramework::reader(const Unit&, std::span<const std::size_t>, const std::string&) const {
  return std::make_unique<ExitCodeReader>();
}

}  // namespace xtest
