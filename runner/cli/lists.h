// SPDX-License-Identifier: Apache-2.0
// The lists that a run is judged by: expectations in their layers, and what emulators get wrong.
#pragma once

#include "runner/cli/locations.h"
#include "suites/expect.h"
#include "suites/lies.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

// Whose lists apply.
struct ListOwners {
  std::string triple, executor;                              // "qemu-user", "vm:linux-x86_64"
  std::vector<std::filesystem::path> suites;                 // their folders
  std::vector<std::string> files;                            // --expect, from the lowest
};

// Throws Error{usage} with the place.
Expectations expectations_for(const Locations& locations, const ListOwners& owners);

// What comes with xtest, then these files. Throws Error{usage} with the place.
KnownLies known_lies(const Locations& locations, const std::vector<std::string>& files);

// Throws Error{usage}: an entry about an image that does not exist would excuse nothing, and nobody would know.
void refuse_unknown_images(const KnownLies& lies, const Locations& locations);

}  // namespace xtest
