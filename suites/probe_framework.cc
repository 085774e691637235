// SPDX-License-Identifier: Apache-2.0
#include "suites/probe_framework.h"

#include "runner/dialects/trailer.h"
#include "suites/check_framework.h"
#include "suites/conditions.h"
#include "suites/probe_matrix.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace xtest {
namespace {

void check_suite_keys(const Suite& suite) {
  suite.config.allow_only(
      {"suite", "title", "framework", "requires", "limit", "result-files", "revision", "needs", "group", "flags", "checks-of"});
  const auto group = suite.config.find("group");
  if (group && group->as_string() != "probe" && group->as_string() != "link")
    group->fail("group is probe or link");
}

std::string unit_data(const Probe& probe, const Artifact& artifact) {
  nlohmann::json data = {{"limit", probe.limit.count()}, {"diagnosis", diagnosis_to_json(probe.diagnosis)}};
  for (const auto& library : artifact.libraries) data["libraries"].push_back(library.native());
  return data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ExpandedUnit unit_of(const Suite& suite, std::span<const Probe> probes, const Probe& probe, const ProbeCell& cell,
                     const View& view) {
  const auto group = suite.config.find("group");
  const bool by_link = group && group->as_string() == "link";
  ExpandedUnit expanded;
  expanded.toolchain = toolchain_name(cell);
  expanded.executor = view.executor;
  Unit& unit = expanded.unit;
  unit.name = (by_link ? cell.link : probe.id) + "::" + cell.name;
  unit.source = probe.languages.at(cell.language).sources.front().string();
  unit.framework = "probe";
  unit.cases = {Case{by_link ? cell.link : probe.id, cell.name, cell.skip,
                     cell_needs(suite, probes, probe, cell, view), probe.rung}};
  if (!cell.skip.empty()) return expanded;
  Artifact artifact = probe_artifact(suite, probe, cell, view);
  unit.data = unit_data(probe, artifact);
  unit.builds = std::move(artifact.builds);
  return expanded;
}

class ProbeReader final : public Reader {
 public:
  ProbeReader(Diagnosis diagnosis, const std::string& nonce) : diagnosis_(std::move(diagnosis)), trailer_(nonce) {}

  void feed(Channel channel, std::string_view bytes, Observations&) override {
    if (channel == Channel::out) trailer_.feed(bytes);
  }

  bool end(const Completion& completion, Observations& into) override {
    TrailerVerdict verdict = judge_trailer(trailer_.finish(), completion);
    const bool is_bad = weight(verdict.observed.status) == Weight::bad;
    if (is_bad) verdict.observed.hint = diagnosis_.hint(verdict.keys);
    into.observed(0, std::move(verdict.observed));
    return true;
  }

 private:
  Diagnosis diagnosis_;
  TrailerReader trailer_;
};

}  // namespace

std::vector<ExpandedUnit> ProbeFramework::expand(const Suite& suite, const View& view) const {
  check_suite_keys(suite);
  std::optional<Expr> condition;
  if (const auto node = suite.config.find("requires")) condition = read_condition(*node);
  const std::vector<Probe> probes = read_probes(suite);
  std::vector<ExpandedUnit> units = expand_checks(suite, probes, view);
  for (const Probe& probe : probes) {
    for (const ProbeCell& cell : probe_cells(probe, condition, view))
      units.push_back(unit_of(suite, probes, probe, cell, view));
  }
  return units;
}

Job ProbeFramework::execution(const Unit& unit, std::span<const std::size_t>, const std::string& nonce) const {
  const std::filesystem::path& program = unit.builds.back().outputs.front();
  const auto data = nlohmann::json::parse(unit.data);
  Job job;
  job.kind = JobKind::run;
  job.place = Place::target;
  job.command.argv = {PathRef{program}};
  job.command.env = {"XTEST_NONCE=" + nonce};
  job.command.limits.wall = std::chrono::milliseconds(data.at("limit").get<std::int64_t>());
  job.inputs = {program};
  for (const auto& library : data.value("libraries", std::vector<std::string>{})) job.inputs.emplace_back(library);
  return job;
}

std::unique_ptr<Reader> ProbeFramework::reader(const Unit& unit, std::span<const std::size_t>,
                                               const std::string& nonce) const {
  return std::make_unique<ProbeReader>(diagnosis_from_json(nlohmann::json::parse(unit.data).at("diagnosis")), nonce);
}

}  // namespace xtest
