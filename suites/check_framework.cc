// SPDX-License-Identifier: Apache-2.0
#include "suites/check_framework.h"

#include "runner/dialects/exit_status.h"
#include "suites/conditions.h"
#include "suites/inspect/checks.h"
#include "suites/inspect/expectation.h"
#include "suites/probe_matrix.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t kLongestReport = 8u << 20;

FileExpectation expectation_for(const ProbeCell& cell, const Target& target) {
  FileExpectation expectation = target.files;
  expectation.language = cell.language;
  if (const auto link = link_kind_from(cell.link)) expectation.link = *link;
  return expectation;
}

std::string skip_reason(const Probe& check, const ProbeCell& cell, const View& view) {
  if (!cell.skip.empty() || !check.condition) return cell.skip;
  return why_unmet(*check.condition, view);
}

// What the readers of this unit need: where the file is, what it should be, and what findings mean.
std::string unit_data(const std::filesystem::path& program, const ProbeCell& cell, std::span<const Probe> probes,
                      const View& view) {
  nlohmann::json diagnoses = nlohmann::json::object();
  for (const Probe& probe : probes) {
    if (probe.is_check) diagnoses[probe.id] = diagnosis_to_json(probe.diagnosis);
  }
  const nlohmann::json data = {{"xtest", view.xtest.string()},
                               {"file", program.string()},
                               {"expectation", expectation_to_json(expectation_for(cell, view.target))},
                               {"diagnoses", diagnoses}};
  return data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ExpandedUnit unit_of(const Suite& artifacts, const Probe& artifact, const ProbeCell& cell,
                     std::span<const Probe> probes, const View& view) {
  ExpandedUnit expanded;
  expanded.toolchain = toolchain_name(cell);
  expanded.executor = "none";
  Unit& unit = expanded.unit;
  unit.name = artifact.id + "::" + cell.name;
  unit.source = artifact.languages.at(cell.language).sources.front().string();
  unit.framework = "check";
  for (const Probe& probe : probes) {
    if (probe.is_check) unit.cases.push_back(Case{probe.id, cell.name, skip_reason(probe, cell, view), {}, probe.rung});
  }
  const bool all_skipped = std::ranges::none_of(unit.cases, [](const Case& test) { return test.skip.empty(); });
  if (all_skipped) return expanded;
  Artifact built = probe_artifact(artifacts, artifact, cell, view);
  unit.builds = std::move(built.builds);
  unit.data = unit_data(built.program, cell, probes, view);
  return expanded;
}

Observed from_check(const CheckResult& check, const Diagnosis& diagnosis) {
  Observed observed;
  if (check.verdict == CheckResult::Verdict::good) {
    observed.status = Status::pass;
  } else if (check.verdict == CheckResult::Verdict::not_applicable) {
    observed.status = Status::skip;
    observed.kind = "unsupported";
    observed.message = check.why;
  } else {
    observed.status = Status::fail;
    observed.kind = "wrong-output";
    std::vector<Trailer::Failure> keys;
    for (const Finding& finding : check.findings) {
      keys.push_back({finding.key, finding.detail});
      observed.output += finding.key + ": " + finding.detail + '\n';
    }
    observed.message = observed.output.substr(0, observed.output.find('\n'));
    if (keys.size() > 1) observed.message += " (and " + std::to_string(keys.size() - 1) + " more)";
    observed.hint = diagnosis.hint(keys);
  }
  return observed;
}

// One JSON object from `xtest inspect`; whatever else comes is the inspector's trouble, not the file's.
class CheckReader final : public Reader {
 public:
  CheckReader(nlohmann::json diagnoses, std::vector<std::string> ids)
      : diagnoses_(std::move(diagnoses)), ids_(std::move(ids)) {}

  void feed(Channel channel, std::string_view bytes, Observations&) override {
    if (channel == Channel::out) text_.append(bytes.substr(0, kLongestReport - std::min(kLongestReport, text_.size())));
  }

  bool end(const Completion& completion, Observations& into) override {
    const auto checks = read(completion);
    for (std::size_t which = 0; which < ids_.size(); ++which) {
      const auto check = std::ranges::find(checks, ids_[which], &CheckResult::id);
      if (check == checks.end()) into.observed(which, trouble(completion));
      else into.observed(which, from_check(*check, diagnosis_from_json(diagnoses_.value(check->id, nlohmann::json{}))));
    }
    return true;
  }

 private:
  std::vector<CheckResult> read(const Completion& completion) const {
    if (!exited_with(completion, 0) && !exited_with(completion, 100)) return {};
    const nlohmann::json report = nlohmann::json::parse(text_, nullptr, false);
    if (!report.is_object() || !report.contains("checks")) return {};
    return checks_from_json(report.at("checks")).value_or(std::vector<CheckResult>{});
  }

  static Observed trouble(const Completion& completion) {
    Observed observed;
    observed.status = Status::infra;
    observed.kind = "setup";
    observed.message = "the inspector of files gave no result: it " + describe(completion.how);
    observed.output = readable_output(completion.out, completion.err);
    return observed;
  }

  nlohmann::json diagnoses_;
  std::vector<std::string> ids_;
  std::string text_;
};

}  // namespace

std::vector<ExpandedUnit> expand_checks(const Suite& suite, std::span<const Probe> probes, const View& view) {
  std::vector<ExpandedUnit> units;
  const auto check = std::ranges::find(probes, true, &Probe::is_check);
  if (check == probes.end()) return units;
  const auto folder = suite.config.find("checks-of");
  if (!folder)
    throw Error(ErrorKind::usage, Position{check->file.string()},
                "a static check, but its suite names no files to look at",
                "add `checks-of: ../hello` to " + (suite.folder / "suite.yaml").string());
  const Suite artifacts = load_suite(suite.folder / folder->as_string());
  std::optional<Expr> condition;
  if (const auto node = artifacts.config.find("requires")) condition = read_condition(*node);
  for (const Probe& artifact : read_probes(artifacts)) {
    for (const ProbeCell& cell : probe_cells(artifact, condition, view))
      units.push_back(unit_of(artifacts, artifact, cell, probes, view));
  }
  return units;
}

std::vector<ExpandedUnit> CheckFramework::expand(const Suite& suite, const View& view) const {
  return expand_checks(suite, read_probes(suite), view);
}

Job CheckFramework::execution(const Unit& unit, std::span<const std::size_t>, const std::string&) const {
  const nlohmann::json data = nlohmann::json::parse(unit.data);
  const std::filesystem::path xtest = data.at("xtest").get<std::string>();
  const std::filesystem::path file = data.at("file").get<std::string>();
  Job job;
  job.kind = JobKind::check;
  job.place = Place::host;
  job.command.argv = {PathRef{xtest}, "inspect", PathRef{file}, "--expect-json", data.at("expectation").dump(),
                      "--json"};
  job.command.limits.out_head = kLongestReport;
  job.inputs = {file, xtest};
  return job;
}

std::unique_ptr<Reader> CheckFramework::reader(const Unit& unit, std::span<const std::size_t> cases,
                                               const std::string&) const {
  std::vector<std::string> ids;
  for (const std::size_t which : cases) ids.push_back(unit.cases[which].group);
  return std::make_unique<CheckReader>(nlohmann::json::parse(unit.data).at("diagnoses"), std::move(ids));
}

}  // namespace xtest
