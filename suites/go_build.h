// SPDX-License-Identifier: Apache-2.0
// How the test binary of a Go package is built, and the folder that its tests find themselves in.
//
// A binary is one `go test -c`, cached by the content of every file that it is made of. Go tests expect to run in their package's folder,
// with its data and its neighbours' (../testdata), and inside GOROOT if they are of it: the sources are copied once into the run's work
// folder, so that nothing is written into them. Pure.
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
