// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/image.h"

#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/yaml.h"

#include <algorithm>

namespace xtest {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> strings(const YamlNode& map, std::string_view key) {
  const auto node = map.find(key);
  return node ? node->as_strings() : std::vector<std::string>{};
}

DebianSource read_debian(const YamlNode& node) {
  node.allow_only({"suite", "architecture", "kernel", "packages", "modules", "programs", "libraries", "loader"});
  DebianSource source;
  source.suite = node.at("suite").as_string();
  source.architecture = node.at("architecture").as_string();
  source.kernel = node.at("kernel").as_string();
  source.packages = node.at("packages").as_strings();
  source.modules = strings(node, "modules");
  source.programs = strings(node, "programs");
  source.libraries = strings(node, "libraries");
  source.loader = node.at("loader").as_string();
  return source;
}

MachineSpec read_machine(const YamlNode& node) {
  node.allow_only({"program", "args", "devices", "memory", "console"});
  MachineSpec machine;
  machine.program = node.at("program").as_string();
  machine.args = strings(node, "args");
  machine.devices = strings(node, "devices");
  machine.memory_mib = static_cast<int>(node.at("memory").as_int(32, 1 << 20));
  machine.console = node.at("console").as_string();
  return machine;
}

ImageRecipe read_recipe(const fs::path& file, const std::string& init) {
  const YamlNode node = load_yaml(file);
  node.allow_only({"name", "title", "arch", "targets", "debian", "machine", "user", "panic"});
  ImageRecipe recipe;
  recipe.name = node.at("name").as_string();
  if (recipe.name != file.stem().string()) node.at("name").fail("the name is not the file's", "name it " + file.stem().string());
  recipe.title = node.at("title").as_string();
  recipe.arch = node.at("arch").as_string();
  recipe.targets = node.at("targets").as_strings();
  recipe.debian = read_debian(node.at("debian"));
  recipe.machine = read_machine(node.at("machine"));
  recipe.user = node.at("user").as_string();
  recipe.panic = strings(node, "panic");
  recipe.file = file;
  recipe.digest = sha256_hex("image 1\n" + read_file(file).value_or("") + init);
  return recipe;
}

}  // namespace

std::vector<ImageRecipe> load_images(const fs::path& folder) {
  const std::string init = read_file(folder / "linux-init").value_or("");
  std::vector<ImageRecipe> recipes;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") recipes.push_back(read_recipe(entry.path(), init));
  }
  std::ranges::sort(recipes, {}, &ImageRecipe::name);
  return recipes;
}

}  // namespace xtest
