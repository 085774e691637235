// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/processes.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace xtest {

std::map<pid_t, ProcessFacts> read_processes() {
  std::map<pid_t, ProcessFacts> all;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    std::ifstream file(entry.path() / "stat");
    std::string line;
    if (pid == 0 || !std::getline(file, line) || line.rfind(')') == line.npos) continue;
    std::istringstream rest(line.substr(line.rfind(')') + 1));
    char state = 0;
    ProcessFacts facts;
    std::uint64_t pages = 0, unused = 0;
    rest >> state >> facts.parent;
    std::ifstream(entry.path() / "statm") >> unused >> pages;
    facts.resident = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    all[pid] = facts;
  }
  return all;
}

std::set<pid_t> children_of(pid_t parent, const std::map<pid_t, ProcessFacts>& all) {
  std::set<pid_t> children;
  for (const auto& [pid, facts] : all) {
    if (facts.parent == parent) children.insert(pid);
  }
  return children;
}

std::uint64_t memory_of(const std::set<pid_t>& roots, const std::map<pid_t, ProcessFacts>& all) {
  std::uint64_t bytes = 0;
  for (const pid_t pid : roots) {
    if (const auto found = all.find(pid); found != all.end()) bytes += found->second.resident;
    bytes += memory_of(children_of(pid, all), all);
  }
  return bytes;
}

}  // namespace xtest
