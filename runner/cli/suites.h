// SPDX-License-Identifier: Apache-2.0
// The suites there are, and what is said about them: those that come with xtest and those in folders of the user.
#pragma once

#include "runner/cli/installed_suite.h"
#include "runner/cli/locations.h"

#include <string>
#include <string_view>
#include <vector>

namespace xtest {

// By name. Throws Error{usage}: a folder that is none, a name that two have.
std::vector<Suite> known_suites(const Locations& locations, const std::vector<std::string>& folders);

// Throws Error{usage} with the nearest name.
const Suite& find_suite(const std::vector<Suite>& suites, const std::string& name);

// For `xtest suite list` and `xtest suite show`, which reads every byte.
std::string suite_table(const std::vector<Suite>& suites, const std::filesystem::path& cache);
std::string suite_details(const Suite& suite, const SuiteState& state, const std::filesystem::path& cache);

void tell_on_stderr(std::string_view line);

}  // namespace xtest
