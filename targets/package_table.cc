// SPDX-License-Identifier: Apache-2.0
#include "targets/package_table.h"

#include "runner/base/text.h"
#include "targets/host.h"

namespace xtest {

namespace {

constexpr const char* header =
    "# SPDX-License-Identifier: Apache-2.0\n"
    "# What ./xtest installs for a target before xtest is built; says the same as the YAML files beside it, and a test sees to it.\n"
    "# alias SPELLING TRIPLE\n"
    "# TRIPLE HOST ROLE PACKAGE...\n";

void add_row(std::string& text, const Target& target, const HostFacts& host, const std::string& role, const std::string& shown) {
  const auto packages = packages_for(target, role, host);
  if (!packages.empty()) text += target.triple + " " + host.arch + " " + shown + " " + join(packages, " ") + "\n";
}

void add_rows(std::string& text, const Target& target, const HostFacts& host) {
  for (const auto language : {Language::c, Language::cxx, Language::go}) {
    const auto spec = target.compilers.find(language);
    if (spec == target.compilers.end() || !spec->second.absent.empty()) continue;
    const std::string role(to_string(language));
    add_row(text, target, host, role, role);
  }
  if (const auto executor = executor_to_install(target, host); !executor.empty()) {
    add_row(text, target, host, "executor:" + executor, "executor");
  }
}

}  // namespace

std::string package_table(const TargetLibrary& library) {
  std::string text = header;
  for (const auto* target : library.all()) {
    for (const auto& alias : target->aliases) text += "alias " + alias + " " + target->triple + "\n";
  }
  for (const auto* target : library.all()) {
    for (const auto* machine : {"x86_64", "aarch64"}) add_rows(text, *target, host_facts_from(machine, "ID=debian\n", true));
  }
  return text;
}

}  // namespace xtest
