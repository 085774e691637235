// SPDX-License-Identifier: Apache-2.0
#include "tests/support/suite_world.h"

#include <utility>

namespace xtest {

SuiteWorld::SuiteWorld() {
  target.triple = "aarch64-unknown-linux-gnu";
  target.links = {"dynamic", "static"};
  const auto add = [&](Language language, const char* name, std::vector<std::string> flags,
                       std::map<std::string, std::vector<std::string>> links) {
    CompilerSpec spec;
    spec.flags = std::move(flags);
    spec.link_flags = std::move(links);
    target.compilers[language] = spec;
    Toolchain toolchain;
    toolchain.language = language;
    toolchain.name = name;
    toolchain.program = std::string("/opt/cross/") + name;
    toolchain.identity = std::string(name) + " 1.0";
    toolchain.spec = std::move(spec);
    toolchain.env = {"PATH=/opt/cross"};
    toolchains.emplace(language, std::move(toolchain));
  };
  add(Language::c, "gcc", {"-march=armv8-a"}, {{"dynamic", {}}, {"static", {"-static"}}});
  add(Language::cxx, "gcc", {}, {{"dynamic", {}}, {"static", {"-static"}}});
  add(Language::go, "go", {}, {{"static", {}}});
  add(Language::rust, "rustc", {}, {{"dynamic", {}}, {"static", {"-Ctarget-feature=+crt-static"}}});
}

void SuiteWorld::lose(Language language, const std::string& why) {
  toolchains.erase(language);
  absent[language] = why;
}

View SuiteWorld::view() const {
  return View{target, toolchains, absent, features, work, "/opt/xtest/bin/xtest", "qemu-user", answers};
}

std::vector<std::string> case_ids(const std::vector<ExpandedUnit>& units) {
  std::vector<std::string> ids;
  for (const ExpandedUnit& expanded : units) {
    for (const Case& test : expanded.unit.cases) ids.push_back(test.group + "::" + test.name);
  }
  return ids;
}

const ExpandedUnit& unit_with(const std::vector<ExpandedUnit>& units, const std::string& group_and_name) {
  for (const ExpandedUnit& expanded : units) {
    for (const Case& test : expanded.unit.cases) {
      if (test.group + "::" + test.name == group_and_name) return expanded;
    }
  }
  throw std::runtime_error("no case " + group_and_name);
}

std::string command_line(const Job& job) {
  std::string line;
  for (const Argument& argument : job.command.argv) {
    if (!line.empty()) line += ' ';
    const auto* path = std::get_if<PathRef>(&argument);
    line += path ? path->host.string() : std::get<std::string>(argument);
  }
  return line;
}

}  // namespace xtest
