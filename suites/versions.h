// SPDX-License-Identifier: Apache-2.0
// Bounds on versions, as entries of lists write them: ">=5.0 <9.2". Pure.
#pragma once

#include "runner/base/yaml.h"

#include <string>
#include <vector>

namespace xtest {

struct VersionBound {
  std::string sign;                        // "<", "<=", "=", ">=", ">"
  std::vector<int> version;                // compared number by number; "=7.2" holds for 7.2.22
};

std::vector<VersionBound> read_versions(const YamlNode& node);       // Throws Error{usage} with the place
bool all_hold(const std::vector<VersionBound>& bounds, const std::vector<int>& version);
std::string to_string(const std::vector<VersionBound>& bounds);

// The first thing in a text that looks like a version: "qemu-user qemu-aarch64-static 7.2.22 (Debian ...)" -> 7 2 22. Empty if
// there is none.
std::vector<int> version_in(const std::string& identity);

}  // namespace xtest
