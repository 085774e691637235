// SPDX-License-Identifier: Apache-2.0
// How the test binary of a Go package is built, and the folder that its tests find themselves in.
//
// A binary is one `go test -c`, cached by the content of every file that it is made of. Go tests expect to run in their package's folder,
// with its data and its neighbours' (../testdata): each package gets a tree of its own below the run's work folder, in which the
// package's files and its testdata are copies and all else are links, so that nothing is written into the sources. Pure.
#pragma once

#include "suites/go_packages.h"

namespace xtest {

struct GoTestBinary {
  std::vector<Job> builds;
  std::filesystem::path program;
  std::filesystem::path cwd;
  std::filesystem::path goroot;                // of the tests, if the suite has one
};

GoTestBinary make_go_test(const Suite& suite, const GoSettings& settings, const GoPackage& package, const Toolchain& go, const View& view);

}  // namespace xtest
