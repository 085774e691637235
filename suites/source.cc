// SPDX-License-Identifier: Apache-2.0
#include "suites/source.h"

#include <filesystem>

namespace xtest {
namespace {

// Below the tree that was unpacked, and nowhere else.
std::string read_inside(const YamlNode& node) {
  const std::string text = node.as_string();
  const std::filesystem::path path(text);
  bool leaves = path.is_absolute();
  for (const auto& part : path) leaves = leaves || part == "..";
  if (leaves) node.fail("'" + text + "' leads out of the suite's sources", "write a path below them");
  return text;
}

}  // namespace

SuiteSource read_source(const YamlNode& node) {
  node.allow_only({"packages", "source-package", "release", "archive", "take", "folder"});
  SuiteSource source;
  if (const auto packages = node.find("packages")) source.packages = packages->as_strings();
  if (const auto package = node.find("source-package")) source.source_package = package->as_string();
  if (const auto release = node.find("release")) source.release = release->as_string();
  if (const auto archive = node.find("archive")) source.archive = read_inside(*archive);
  if (const auto take = node.find("take")) source.take = take->as_strings();
  if (const auto folder = node.find("folder")) source.folder = read_inside(*folder);
  if (source.packages.empty() == source.source_package.empty())
    node.fail("a suite's sources come from `packages` or from one `source-package`", "name one of them");
  return source;
}

}  // namespace xtest
