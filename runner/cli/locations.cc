// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/locations.h"

#include "runner/base/error.h"

namespace xtest {

namespace fs = std::filesystem;

namespace {

// A folder that may not be read counts as one where nothing is.
bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

}  // namespace

Locations find_locations() {
  Locations found;
  found.binary = fs::read_symlink("/proc/self/exe");
  const fs::path folder = found.binary.parent_path();
  const fs::path installed = folder.parent_path().parent_path() / "share" / "xtest";
  found.libexec = folder;
  if (is_there(installed / "targets" / "data")) {
    found.data = installed;
  } else {
    for (fs::path up = folder; up.has_relative_path() && found.data.empty(); up = up.parent_path()) {
      if (is_there(up / "targets" / "data") && is_there(up / "suites")) found.data = up;
    }
  }
  if (found.data.empty())
    throw Error(ErrorKind::usage, "xtest's data was not found: neither " + installed.string() + " nor a source tree above " +
                                      folder.string(), "install with cmake --install, or run the binary inside its checkout");
  if (!is_there(found.libexec / "xtest-agent"))
    throw Error(ErrorKind::usage, "xtest-agent was not found in " + found.libexec.string(), "build or install xtest again");
  return found;
}

}  // namespace xtest
