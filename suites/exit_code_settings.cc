// SPDX-License-Identifier: Apache-2.0
#include "suites/exit_code_settings.h"

#include "runner/base/text.h"
#include "suites/conditions.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

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

bool read_dialect(const YamlNode& node) {
  if (node.as_string() != "dg") node.fail("unknown dialect '" + node.as_string() + "'", "known: dg, the directives of GCC's tests");
  return true;
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

void add_source(const ExitCodeSettings& settings, std::string relative, std::vector<ExitCodeSource>& sources) {
  if (!matches(settings.sources, relative) || matches(settings.exclude, relative)) return;
  const auto language = language_of_file(relative);
  if (!language)
    throw Error(ErrorKind::usage, settings.sources_at, relative + " is neither C nor C++",
                "narrow `sources` to *.c, *.cc, *.cpp or *.cxx");
  sources.push_back({std::move(relative), *language});
}

}  // namespace

ExitCodeSettings read_exit_code_settings(const Suite& suite) {
  const YamlNode& root = suite.config;
  root.allow_only({"suite", "title", "framework", "requires", "limit", "result-files", "revision", "from", "sources", "exclude", "flags",
                   "option-sets", "links", "build-limit", "dialect"});
  ExitCodeSettings settings;
  settings.sources = root.at("sources").as_strings();
  settings.sources_at = root.at("sources").where();
  if (const auto exclude = root.find("exclude")) settings.exclude = exclude->as_strings();
  if (const auto links = root.find("links")) settings.links = read_links(*links);
  if (const auto condition = root.find("requires")) settings.condition = read_condition(*condition);
  if (const auto limit = root.find("build-limit")) settings.build_limit = limit->as_duration();
  if (const auto dialect = root.find("dialect")) settings.has_directives = read_dialect(*dialect);
  std::vector<std::string> flags;
  if (const auto node = root.find("flags")) flags = node->as_strings();
  if (const auto sets = root.find("option-sets")) {
    for (const auto& [name, node] : sets->entries()) {
      check_name(node, name);
      auto& set = settings.option_sets.emplace_back(name, flags);
      for (std::string& flag : node.as_strings()) set.flags.push_back(std::move(flag));
    }
  }
  if (settings.option_sets.empty()) settings.option_sets.push_back({"default", std::move(flags)});
  return settings;
}

std::vector<ExitCodeSource> find_exit_code_sources(const Suite& suite, const ExitCodeSettings& settings) try {
  const bool deep =
      std::ranges::any_of(settings.sources, [](const auto& glob) { return glob.find('/') != std::string::npos; });
  const std::size_t prefix = suite.sources.native().size() + 1;
  std::vector<ExitCodeSource> sources;
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
  std::ranges::sort(sources, {}, &ExitCodeSource::relative);
  return sources;
} catch (const fs::filesystem_error& error) {
  throw Error(ErrorKind::usage, "cannot list " + suite.sources.string() + ": " + error.code().message());
}

}  // namespace xtest
