// SPDX-License-Identifier: Apache-2.0
// Which files of a kernel package have to be loaded, in which order, so that some modules work.
//
// From what the modules themselves say (the section .modinfo, "depends=a,b"), since modules.dep is made only when a
// kernel is installed. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

// `folder` is lib/modules/VERSION. Modules that are built into the kernel need no file. Throws Error{infra} for a name
// that the kernel does not have.
std::vector<std::filesystem::path> modules_to_load(const std::filesystem::path& folder, const std::vector<std::string>& names);

}  // namespace xtest
