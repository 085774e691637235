// SPDX-License-Identifier: Apache-2.0
//
// Any bytes given to the YAML reader end in a tree or in an Error; then every
// accessor of every node does the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runner/base/yaml.h"

namespace {

template <typename Action>
void tolerate(Action action) {
  try {
    action();
  } catch (const xtest::Error& error) {
    if (error.kind() != xtest::ErrorKind::usage || !error.where()) std::abort();
  }
}

void visit(const xtest::YamlNode& node, int& budget) {
  if (--budget < 0) return;
  tolerate([&] { node.as_int(); });
  tolerate([&] { node.as_bool(); });
  tolerate([&] { node.as_duration(); });
  tolerate([&] { node.as_strings(); });
  if (node.where().line < 1 || node.where().column < 1) std::abort();
  if (node.is_scalar()) node.as_string();
  if (node.is_list()) {
    for (const xtest::YamlNode& item : node.items()) visit(item, budget);
  }
  if (!node.is_map()) return;
  tolerate([&] { node.allow_only({"name", "timeout"}); });
  for (const auto& [key, value] : node.entries()) {
    if (node.at(key).where() != value.where()) std::abort();
    visit(value, budget);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tolerate([&] {
    int budget = 200;
    visit(xtest::parse_yaml(std::string(reinterpret_cast<const char*>(data), size), "fuzz.yaml"), budget);
  });
  return 0;
}
