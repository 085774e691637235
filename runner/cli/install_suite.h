// SPDX-License-Identifier: Apache-2.0
// Provides the tests of a suite: out of Debian's packages by a private apt, or out of a folder that the user has.
//
// One process at a time installs a suite (flock on CACHE/suites/NAME/lock); the tree appears complete or not at all, whatever
// kills xtest. What is there already and whole is left alone. io_context thread. Error{infra}: no network, no room, a package that
// lacks what `from:` names; Error{usage}: nothing to install, a folder that does not hold the tests.
#pragma once

#include "runner/base/asio.h"
#include "runner/cli/installed_suite.h"

#include <filesystem>

namespace xtest {

struct SuitePlace {
  std::filesystem::path cache;
  std::string architecture;                        // of packages: "amd64"
  std::filesystem::path host_etc = "/etc/apt";     // whose sources, keys and proxies are used
};

SuitePlace usual_place();

Task<SuiteManifest> install_suite(Suite suite, SuitePlace place, Progress progress);

// The user's own checkout: the tree leads to it. `folder` of the suite is looked for in it, also without its first parts, so that both
// DIR/gcc-12.2.0/gcc/testsuite and DIR/gcc/testsuite, and the folder of the tests itself, will do.
Task<SuiteManifest> install_checkout(Suite suite, std::filesystem::path checkout, SuitePlace place, Progress progress);

// The bytes that were freed.
Task<std::uint64_t> remove_suite(Suite suite, SuitePlace place);

}  // namespace xtest
