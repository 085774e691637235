// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/lists.h"

#include "emulators/vm/image.h"

namespace xtest {

namespace fs = std::filesystem;

Expectations expectations_for(const Locations& locations, const ListOwners& owners) {
  Expectations lists;
  const auto add = [&](const fs::path& file, ExpectLayer layer) {
    if (fs::exists(file)) lists.add_file(file, layer);
  };
  add(locations.data / "targets" / "expect" / (owners.triple + ".yaml"), ExpectLayer::target);
  add(locations.data / "emulators" / "expect" / (owners.executor.substr(0, owners.executor.find(':')) + ".yaml"), ExpectLayer::executor);
  for (const fs::path& suite : owners.suites) add(suite / "expect.yaml", ExpectLayer::suite);
  for (const std::string& file : owners.files) lists.add_file(file, ExpectLayer::user);
  return lists;
}

KnownLies known_lies(const Locations& locations, const std::vector<std::string>& files) {
  KnownLies lies;
  lies.add_file(locations.data / "emulators" / "known-lies.yaml");
  for (const std::string& file : files) lies.add_file(file);
  return lies;
}

void refuse_unknown_images(const KnownLies& lies, const Locations& locations) {
  for (const KnownLie& lie : lies.entries()) {
    if (!lie.executor.starts_with("vm:") || lie.executor.find_first_of("*?") != std::string::npos) continue;
    try {
      find_recipe(load_images(image_folders(locations.data)), lie.executor.substr(3));
    } catch (const Error& error) {
      throw Error(ErrorKind::usage, lie.where, "the known lie " + lie.id + " is about " + lie.executor + ": " + error.what(), error.remedy());
    }
  }
}

}  // namespace xtest
