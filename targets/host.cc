// SPDX-License-Identifier: Apache-2.0
#include "targets/host.h"

#include "runner/base/text.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace xtest {

namespace {

std::string package_arch(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  if (machine == "ppc64le") return "ppc64el";
  if (machine == "i686" || machine == "i586") return "i386";
  if (machine == "armv7l") return "armhf";
  return std::string(machine);
}

std::string value_of(std::string_view os_release, std::string_view key) {
  for (const auto line : split(os_release, '\n')) {
    if (!line.starts_with(key) || line.substr(key.size(), 1) != "=") continue;
    auto value = trim(line.substr(key.size() + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

}  // namespace

HostFacts host_facts_from(std::string_view machine, std::string_view os_release, bool root) {
  HostFacts facts;
  facts.machine = machine;
  facts.arch = package_arch(machine);
  facts.distribution = value_of(os_release, "ID");
  facts.suite = value_of(os_release, "VERSION_CODENAME");
  facts.root = root;
  const auto like = value_of(os_release, "ID_LIKE");
  const auto families = split(like, ' ');
  if (std::ranges::find(families, "debian") != families.end()) facts.distribution = "debian";
  return facts;
}

HostFacts host_facts() {
  utsname name{};
  ::uname(&name);
  std::ifstream in("/etc/os-release");
  const std::string os_release{std::istreambuf_iterator<char>(in), {}};
  return host_facts_from(name.machine, os_release, ::geteuid() == 0);
}

std::vector<std::string> packages_for(const Target& target, std::string_view role, const HostFacts& host) {
  std::vector<std::string> result;
  const auto distribution = target.packages.find(host.distribution);
  if (distribution == target.packages.end()) return result;
  for (const auto& arch : {host.arch, std::string("*")}) {
    const auto table = distribution->second.find(arch);
    if (table == distribution->second.end()) continue;
    const auto packages = table->second.find(std::string(role));
    if (packages != table->second.end()) result.insert(result.end(), packages->second.begin(), packages->second.end());
  }
  return result;
}

bool runs_natively(const Target& target, const HostFacts& host) {
  return std::ranges::any_of(target.executors, [&](const ExecutorSpec& executor) {
    const auto machines = executor.settings.find("machines");
    if (executor.name != "host" || machines == executor.settings.end()) return false;
    const auto listed = split(machines->second, ' ');
    return std::ranges::find(listed, host.machine) != listed.end();
  });
}

std::string executor_to_install(const Target& target, const HostFacts& host) {
  if (runs_natively(target, host)) return {};
  for (const auto& executor : target.executors) {
    if (!packages_for(target, "executor:" + executor.name, host).empty()) return executor.name;
  }
  return {};
}

std::vector<std::string> needed_packages(const Target& target, const std::vector<Language>& languages,
                                         const HostFacts& host) {
  std::vector<std::string> result;
  const auto add = [&](const std::string& role) {
    for (auto& package : packages_for(target, role, host)) {
      if (std::ranges::find(result, package) == result.end()) result.push_back(std::move(package));
    }
  };
  for (const auto language : languages) add(std::string(to_string(language)));
  if (const auto executor = executor_to_install(target, host); !executor.empty()) add("executor:" + executor);
  return result;
}

std::string install_command(const std::vector<std::string>& packages, const HostFacts& host) {
  if (packages.empty() || host.distribution != "debian") return {};
  return (host.root ? "apt-get install -y " : "sudo apt-get install -y ") + join(packages, " ");
}

}  // namespace xtest
