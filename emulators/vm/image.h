// SPDX-License-Identifier: Apache-2.0
// Recipes of guests: emulators/vm/images/*.yaml, each explained in linux-x86_64.yaml.
//
// Values, read once; any thread. What a file has wrong is Error{usage} with file:line:column.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct DebianSource {
  std::string suite, architecture;
  std::string kernel;                           // a meta package: its dependency is the kernel
  std::vector<std::string> packages;
  std::vector<std::string> modules;             // loaded at boot, with what they need
  std::vector<std::string> programs;            // paths in the packages
  std::vector<std::string> libraries;           // folders whose shared libraries land in /lib
  std::string loader;                           // the dynamic linker's path
};

struct MachineSpec {
  std::string program;                          // "qemu-system-x86_64"
  std::vector<std::string> args, devices;
  int memory_mib = 256;
  std::string console;                          // "ttyS0"
};

struct ImageRecipe {
  std::string name, title, arch;
  std::vector<std::string> targets;             // canonical triples
  DebianSource debian;
  MachineSpec machine;
  std::string user;
  std::vector<std::string> panic;               // texts on the console
  std::filesystem::path file;
  std::string digest;                           // of everything that goes into the image
};

// All recipes of a folder, by name. `linux-init` beside them is the first process of those that Debian makes.
std::vector<ImageRecipe> load_images(const std::filesystem::path& folder);

}  // namespace xtest
