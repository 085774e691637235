// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/locations.h"

#include "runner/base/error.h"

namespace xtest {

namespace fs = std::filesystem;

Locations find_locations() {
  Locations found;
  found.binary = fs::read_symlink("/proc/self/exe");
  const fs::path folder = found.binary.parent_path();
  const fs::path installed = folder.parent_path() / "share" / "xtest";
  found.libexec = fs::exists(folder / "xtest-agent") ? folder : folder.parent_path() / "libexec" / "xtest";
  if (fs::exists(installed / "targets" / "data")) {
    found.data = installed;
  } else {
    for (fs::path up = folder; up.has_relative_path() && found.data.empty(); up = up.parent_path()) {
      if (fs::exists(up / "targets" / "data") && fs::exists(up / "suites")) found.data = up;
    }
  }
  if (found.data.empty())
    throw Error(ErrorKind::usage, "xtest's data was not found: neither " + installed.string() + " nor a source tree above " +
                                      folder.string(), "install with cmake --install, or run the binary inside its checkout");
  if (!fs::exists(found.libexec / "xtest-agent"))
    throw Error(ErrorKind::usage, "xtest-agent was not found in " + found.libexec.string(), "build or install xtest again");
  return found;
}

}  // namespace xtest
