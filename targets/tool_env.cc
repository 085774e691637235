// SPDX-License-Identifier: Apache-2.0
#include "targets/tool_env.h"

#include "runner/base/process.h"
#include "runner/base/text.h"

#include <algorithm>

namespace xtest {

std::vector<std::string> tool_environment(const std::filesystem::path& program,
                                          const std::vector<std::string>& extra) {
  auto env = clean_environment(extra);
  const auto folder = program.parent_path().string();
  for (auto& entry : env) {
    if (!entry.starts_with("PATH=")) continue;
    const auto folders = split(std::string_view(entry).substr(5), ':');
    if (std::ranges::find(folders, folder) == folders.end()) entry.insert(5, folder + ":");
  }
  return env;
}

}  // namespace xtest
