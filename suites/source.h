// SPDX-License-Identifier: Apache-2.0
// Where the files of a suite that others wrote come from. They are never part of xtest: `xtest suite install` takes them from
// Debian's packages, or from a folder of the user's, into the cache (CACHE/suites/NAME/tree).
//
//   # suite.yaml
//   from:
//     packages: [gcc-12-source]                   # Debian's, each by its version if it is to be a certain one: NAME=VERSION
//     source-package: posixtestsuite              # or what `apt-get source` fetches
//     release: bookworm                           # of Debian
//     archive: usr/src/gcc-12/*.tar.xz            # in the packages, if the files are packed once more; a glob
//     take: [gcc-12.2.0/gcc/testsuite/]           # beginnings of paths in it; without it everything
//     folder: gcc-12.2.0/gcc/testsuite            # of the tests, below what was unpacked
#pragma once

#include "runner/base/yaml.h"

#include <string>
#include <vector>

namespace xtest {

struct SuiteSource {
  std::vector<std::string> packages;
  std::string source_package;
  std::string release = "bookworm";
  std::string archive;
  std::vector<std::string> take;
  std::string folder;
};

// Throws Error{usage} with the place.
SuiteSource read_source(const YamlNode& node);

}  // namespace xtest
