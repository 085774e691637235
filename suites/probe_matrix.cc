// SPDX-License-Identifier: Apache-2.0
#include "suites/probe_matrix.h"

#include "runner/base/text.h"
#include "suites/conditions.h"

#include <algorithm>
#include <array>
#include <utility>

namespace xtest {
namespace {

constexpr std::array kAllLanguages = {Language::c, Language::cxx, Language::go, Language::rust};
constexpr std::string_view kFirstRungOnHello = "startup";

bool has_variants(Language language) { return language == Language::c || language == Language::cxx; }

std::string unmet(const Probe& probe, const ProbeLanguage& program, const std::optional<Expr>& suite_condition,
                  const View& view) {
  for (const auto* condition : {&suite_condition, &probe.condition, &program.condition}) {
    if (!condition->has_value()) continue;
    if (std::string why = why_unmet(**condition, view); !why.empty()) return why;
  }
  return {};
}

struct Links {
  std::vector<std::string> kinds;
  std::string missing;   // why there is only a placeholder
};

Links links_of(const Probe& probe, Language language, const View& view) {
  const std::vector<std::string> has = artifact_links(view.target, language);
  if (probe.links.empty()) return {{has.front()}, {}};
  Links links;
  std::ranges::copy_if(has, std::back_inserter(links.kinds), [&](const std::string& kind) {
    return std::ranges::find(probe.links, kind) != probe.links.end();
  });
  if (links.kinds.empty()) {
    links.missing = "requires link kind " + join(probe.links, " or ");
    links.kinds = {probe.links.front()};
  }
  return links;
}

std::vector<std::string> variants_of(const Probe& probe, Language language) {
  if (!has_variants(language) || probe.variants.empty()) return {""};
  std::vector<std::string> names;
  for (const auto& [name, flags] : probe.variants) names.push_back(name);
  return names;
}

void add_cells(const Probe& probe, Language language, const ProbeCell& prototype, const View& view,
               std::vector<ProbeCell>& cells) {
  const Links links = links_of(probe, language, view);
  for (const std::string& link : links.kinds) {
    for (const std::string& variant : variants_of(probe, language)) {
      ProbeCell& cell = cells.emplace_back(prototype);
      cell.link = link;
      cell.variant = variant;
      cell.name = case_name(language, variant, link, view);
      if (cell.skip.empty()) cell.skip = links.missing;
    }
  }
}

bool groups_by_link(const Suite& suite) {
  const auto group = suite.config.find("group");
  return group && group->as_string() == "link";
}

const Probe& find_probe(std::span<const Probe> probes, const ProbeNeed& need) {
  const auto found = std::ranges::find(probes, need.text, &Probe::id);
  if (found != probes.end()) return *found;
  std::vector<std::string> ids;
  for (const Probe& probe : probes) ids.push_back(probe.id);
  const auto near = nearest(need.text, ids);
  throw Error(ErrorKind::usage, need.where, "needs an unknown probe '" + need.text + "'",
              near ? "did you mean '" + *near + "'?"
                   : "name a probe of this suite, suite::probe, or suite::group::case");
}

// The needed probe's case that stands nearest to this cell: same language, link kind and variant, where it has them.
std::vector<std::string> nearest_cases(const Probe& needed, const ProbeCell& cell, const View& view) {
  if (needed.is_check) return {case_name(cell.language, "", cell.link, view)};
  const Language language = needed.languages.contains(cell.language) ? cell.language : Language::c;
  if (!needed.languages.contains(language)) return {};
  const Links links = links_of(needed, language, view);
  const bool same_link = std::ranges::find(links.kinds, cell.link) != links.kinds.end();
  const std::string& link = same_link ? cell.link : links.kinds.front();
  std::vector<std::string> variants = variants_of(needed, language);
  if (std::ranges::find(variants, cell.variant) != variants.end()) variants = {cell.variant};
  std::vector<std::string> names;
  for (const std::string& variant : variants) names.push_back(case_name(language, variant, link, view));
  return names;
}

void add_need(const Suite& suite, std::span<const Probe> probes, const ProbeNeed& need, const ProbeCell& cell,
              const View& view, std::vector<std::string>& ids) {
  const std::size_t first = need.text.find("::");
  if (first == std::string::npos) {
    const Probe& needed = find_probe(probes, need);
    for (const std::string& name : nearest_cases(needed, cell, view))
      ids.push_back(suite.name + "::" + (groups_by_link(suite) ? cell.link : needed.id) + "::" + name);
  } else if (need.text.find("::", first + 2) == std::string::npos) {
    ids.push_back(need.text + "::" + case_name(cell.language, "", cell.link, view));
  } else {
    ids.push_back(need.text);
  }
}

Flags variant_flags(const Probe& probe, const std::string& variant) {
  const auto found = std::ranges::find(probe.variants, variant, &std::pair<std::string, Flags>::first);
  return found == probe.variants.end() ? Flags{} : found->second;
}

}  // namespace

std::string case_name(Language language, const std::string& variant, const std::string& link, const View& view) {
  std::string name(to_string(language));
  if (!variant.empty()) name += "-" + variant;
  if (link != artifact_links(view.target, language).front()) name += "-" + link;
  return name;
}

std::vector<ProbeCell> probe_cells(const Probe& probe, const std::optional<Expr>& suite_condition, const View& view) {
  std::vector<ProbeCell> cells;
  for (const Language language : kAllLanguages) {
    const auto program = probe.languages.find(language);
    if (program == probe.languages.end()) continue;
    const auto toolchain = view.toolchains.find(language);
    const auto absent = view.absent.find(language);
    ProbeCell cell;
    cell.language = language;
    if (toolchain != view.toolchains.end()) cell.toolchain = &toolchain->second;
    else if (absent == view.absent.end()) continue;
    cell.skip = cell.toolchain ? unmet(probe, program->second, suite_condition, view)
                               : why_absent(language, absent->second);
    add_cells(probe, language, cell, view, cells);
  }
  return cells;
}

Artifact probe_artifact(const Suite& suite, const Probe& probe, const ProbeCell& cell, const View& view) {
  const ProbeLanguage& program = probe.languages.at(cell.language);
  std::string folder = std::string(to_string(cell.language)) + "-" + toolchain_name(cell) + "-" + cell.link;
  if (!cell.variant.empty()) folder += "-" + cell.variant;
  ArtifactSpec spec{program.sources, program.flags, cell.link,        view.work / suite.name / probe.id / folder,
                    probe.id,        suite.folder,  program.libraries};
  const Flags more = variant_flags(probe, cell.variant);
  spec.flags.insert(spec.flags.end(), more.begin(), more.end());
  return make_artifact(spec, *cell.toolchain, view.target);
}

std::string toolchain_name(const ProbeCell& cell) {
  if (cell.toolchain) return cell.toolchain->name;
  if (cell.language == Language::go) return "go";
  return cell.language == Language::rust ? "rustc" : "gcc";
}

std::vector<std::string> cell_needs(const Suite& suite, std::span<const Probe> probes, const Probe& probe,
                                    const ProbeCell& cell, const View& view) {
  std::vector<std::string> ids;
  if (*rung_position(probe.rung) >= *rung_position(kFirstRungOnHello))
    ids.push_back("hello::" + cell.link + "::" + case_name(cell.language, "", cell.link, view));
  for (const ProbeNeed& need : probe.needs) add_need(suite, probes, need, cell, view, ids);
  for (const ProbeNeed& need : probe.languages.at(cell.language).needs) add_need(suite, probes, need, cell, view, ids);
  return ids;
}

}  // namespace xtest
