// SPDX-License-Identifier: Apache-2.0
// targets/data/packages.txt: what the launcher (./xtest) installs before there is any xtest that could read YAML.
//
// It says the same as the target files, in lines a POSIX shell can read, for Debian hosts of the two architectures:
//   alias SPELLING TRIPLE
//   TRIPLE HOST ROLE PACKAGE...     ROLE: c, cxx, go, or executor (the one this host needs; none where it runs the target)
// A test keeps the file equal to this text. Pure, any thread.
#pragma once

#include "targets/load.h"

#include <string>

namespace xtest {

std::string package_table(const TargetLibrary& library);

}  // namespace xtest
