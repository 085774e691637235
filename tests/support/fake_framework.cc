// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_framework.h"

#include "runner/base/process.h"
#include "runner/base/text.h"

#include <utility>

namespace xtest {
namespace {

class FakeReader final : public Reader {
 public:
  explicit FakeReader(std::vector<std::string> names) : names_(std::move(names)) {}

  void feed(Channel channel, std::string_view bytes, Observations&) override {
    if (channel == Channel::out) text_ += bytes;
  }

  bool end(const Completion& completion, Observations& into) override {
    bool done = false;
    for (const std::string_view line : split(text_, '\n')) {
      done = done || line == "done";
      for (std::size_t which = 0; which < names_.size(); ++which) {
        if (line == names_[which] + " begins") into.started(which);
        else if (line.starts_with(names_[which] + " ")) into.observed(which, verdict(line.substr(names_[which].size() + 1)));
      }
    }
    return done || !std::holds_alternative<Exited>(completion.how);
  }

 private:
  static Observed verdict(std::string_view text) {
    Observed seen;
    seen.status = text == "pass" ? Status::pass : Status::fail;
    if (seen.status == Status::fail) {
      seen.kind = "wrong-output";
      seen.message = text.substr(text.find(' ') + 1);
    }
    return seen;
  }

  std::vector<std::string> names_;
  std::string text_;
};

std::vector<std::string> names_of(const Unit& unit, std::span<const std::size_t> cases) {
  std::vector<std::string> names;
  for (const std::size_t which : cases) names.push_back(unit.cases[which].name);
  return names;
}

}  // namespace

std::vector<ExpandedUnit> FakeFramework::expand(const Suite& suite, const View& view) const {
  const auto found = units.find(suite.name);
  if (found == units.end()) return {};
  std::vector<ExpandedUnit> expanded = found->second;
  for (ExpandedUnit& one : expanded) {
    if (one.executor.empty()) one.executor = view.executor;
    if (view.executor != unsupported_on) continue;
    for (Case& test : one.unit.cases) test.skip = "requires something";
  }
  return expanded;
}

Job FakeFramework::execution(const Unit& unit, std::span<const std::size_t> cases, const std::string&) const {
  Job job;
  job.exclusive = exclusive;
  job.inputs = inputs;
  job.command.argv = {unit.name};
  for (std::string& name : names_of(unit, cases)) job.command.argv.emplace_back(std::move(name));
  job.command.limits.wall = std::chrono::seconds(1);
  return job;
}

std::unique_ptr<Reader> FakeFramework::reader(const Unit& unit, std::span<const std::size_t> cases,
                                              const std::string&) const {
  return std::make_unique<FakeReader>(names_of(unit, cases));
}

Unit& FakeFramework::add(const std::string& suite, const std::string& unit, const std::vector<std::string>& cases) {
  ExpandedUnit& expanded = units[suite].emplace_back();
  expanded.toolchain = "gcc";
  expanded.unit.name = unit;
  for (const std::string& text : cases) {
    const std::size_t cut = text.find("::");
    expanded.unit.cases.push_back(Case{text.substr(0, cut), text.substr(cut + 2), {}, {}, {}});
  }
  return expanded.unit;
}

Suite fake_suite(const std::string& name) {
  return Suite{.name = name,
               .title = {},
               .framework = "fake",
               .folder = "/suites/" + name,
               .requires_text = {},
               .result_files = {},
               .revision = "r1",
               .config = parse_yaml("suite: " + name + "\n", name + "/suite.yaml")};
}

Job shell_build(const std::string& script, std::vector<std::filesystem::path> outputs) {
  Job job;
  job.kind = JobKind::build;
  job.place = Place::host;
  job.command.argv = {std::string("sh"), std::string("-c"), script};
  job.command.env = clean_environment();
  job.outputs = std::move(outputs);
  return job;
}

}  // namespace xtest
