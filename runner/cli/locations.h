// SPDX-License-Identifier: Apache-2.0
// Where xtest's own files are: our binary (xtest-main) and the agent in one folder, the data in PREFIX/share/xtest for an
// installed PREFIX/libexec/xtest, or in the source tree above a binary that was only built.
#pragma once

#include <filesystem>

namespace xtest {

struct Locations {
  std::filesystem::path binary;       // ourselves
  std::filesystem::path data;         // holds targets/data and suites
  std::filesystem::path libexec;      // holds xtest-agent
};

Locations find_locations();           // throws Error{usage}: which file was looked for where

}  // namespace xtest
