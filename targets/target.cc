// SPDX-License-Identifier: Apache-2.0
#include "targets/target.h"

namespace xtest {

std::vector<std::string> link_kinds(const Target& target, Language language) {
  std::vector<std::string> kinds;
  const auto spec = target.compilers.find(language);
  if (spec == target.compilers.end()) return kinds;
  for (const auto& kind : target.links) {
    if (spec->second.link_flags.contains(kind)) kinds.push_back(kind);
  }
  return kinds;
}

}  // namespace xtest
