// SPDX-License-Identifier: Apache-2.0
#include "suites/dg_suite.h"

#include "runner/base/files.h"

namespace xtest {

const std::vector<DgDirective>& DgSuite::directives(const std::string& relative) {
  const auto known = read_.find(relative);
  if (known != read_.end()) return known->second;
  const std::filesystem::path file = suite_.sources / relative;
  const auto text = read_file(file);
  if (!text) throw Error(ErrorKind::usage, "cannot read " + file.string(), "make the files of the suite readable");
  return read_.emplace(relative, read_dg(*text, file.string())).first->second;
}

void DgSuite::add_keywords(const std::string& relative, const Target& target, std::set<std::string>& into) {
  DgMachine machine{triples_of(target), {}, {}};
  machine.has = [&](const std::string& keyword, const Position& where) {
    check_effective_target(keyword, where);
    into.insert(keyword);
    return false;
  };
  follow_dg(directives(relative), machine);
}

DgVerdict DgSuite::verdict(const std::string& relative, const Asked& asked, const std::vector<std::string>& flags, const View& view) {
  const CompilerSpec& spec = asked.toolchain.spec;
  DgMachine machine{triples_of(view.target), spec.flags, {}};
  machine.flags.insert(machine.flags.end(), flags.begin(), flags.end());
  if (const auto link = spec.link_flags.find(asked.link); link != spec.link_flags.end())
    machine.flags.insert(machine.flags.end(), link->second.begin(), link->second.end());
  machine.has = [&](const std::string& keyword, const Position& where) {
    check_effective_target(keyword, where);
    return has_effective_target(keyword, asked, view);
  };
  return follow_dg(directives(relative), machine);
}

}  // namespace xtest
