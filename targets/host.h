// SPDX-License-Identifier: Apache-2.0
// What this host is, as far as packages and native execution depend on it, and how something is installed on it.
//
// host_facts() reads uname(2), /etc/os-release and the user id; everything else is pure, any thread.
#pragma once

#include "targets/target.h"

#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct HostFacts {
  std::string machine;        // uname -m: "x86_64", "aarch64"
  std::string arch;           // as the distribution's packages say: "amd64", "arm64"
  std::string distribution;   // "debian", also for its derivatives; else the ID of os-release
  std::string suite;          // "bookworm", or empty
  bool root = false;
};

HostFacts host_facts();
HostFacts host_facts_from(std::string_view machine, std::string_view os_release, bool root);

// Packages for one role ("c", "executor:qemu-user"), those for any host architecture included.
std::vector<std::string> packages_for(const Target& target, std::string_view role, const HostFacts& host);

// The executor whose packages this host needs for the target: none if the host itself runs it; the first one, in the
// target's order, that packages are known for; empty if there is none.
std::string executor_to_install(const Target& target, const HostFacts& host);

// Whether `host` is among the executors and lists this machine.
bool runs_natively(const Target& target, const HostFacts& host);

// What a target needs on this host for these languages and its executor, from the system's package manager.
std::vector<std::string> needed_packages(const Target& target, const std::vector<Language>& languages,
                                         const HostFacts& host);

// "apt-get install -y a b", with sudo unless root; empty without packages or on another distribution.
std::string install_command(const std::vector<std::string>& packages, const HostFacts& host);

}  // namespace xtest
