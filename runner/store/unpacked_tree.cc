// SPDX-License-Identifier: Apache-2.0
#include "runner/store/unpacked_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "runner/base/error.h"
#include "runner/base/files.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool is_real_folder(const fs::path& path) { return fs::is_directory(fs::symlink_status(path)); }

/// A folder of the package may be a link to a folder in the tree, and the reverse; links are followed only inside it.
bool is_folder_inside(const fs::path& path, const fs::path& tree) {
  if (is_real_folder(path)) return true;
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error || !fs::is_directory(real)) return false;
  const auto [in_tree, rest] = std::ranges::mismatch(tree, real);
  return in_tree == tree.end();
}

void merge(const fs::path& from, const fs::path& into, const fs::path& tree) {
  for (const auto& entry : fs::directory_iterator(from)) {
    const fs::path target = into / entry.path().filename();
    if (is_real_folder(entry.path()) && is_folder_inside(target, tree)) {
      merge(entry.path(), target, tree);
    } else {
      if (is_real_folder(target) || is_real_folder(entry.path())) fs::remove_all(target);
      fs::rename(entry.path(), target);
    }
  }
}

}  // namespace

void merge_tree(const fs::path& from, const fs::path& into) {
  try {
    merge(from, into, fs::canonical(into));
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorKind::infra,
                fmt::format("cannot move the files of a package into {}: {}", into.string(), error.what()));
  }
}

void add_to_manifest(const fs::path& tree, UnpackedPackage package) {
  json packages = json::array();
  for (const UnpackedPackage& known : unpacked_packages(tree))
    if (known.package != package.package || known.architecture != package.architecture)
      packages.push_back({{"package", known.package},
                          {"architecture", known.architecture},
                          {"version", known.version},
                          {"sha256", known.sha256}});
  packages.push_back({{"package", package.package},
                      {"architecture", package.architecture},
                      {"version", package.version},
                      {"sha256", package.sha256}});
  const fs::path path = tree / "manifest.json";
  if (const int error = write_file(path, json{{"packages", packages}}.dump(2) + '\n'))
    throw Error(ErrorKind::infra, fmt::format("cannot write {}: {}", path.string(), std::strerror(error)));
}

std::vector<UnpackedPackage> unpacked_packages(const fs::path& tree) {
  std::vector<UnpackedPackage> out;
  const json manifest = json::parse(read_file(tree / "manifest.json").value_or(""), nullptr, false);
  try {
    for (const json& entry : manifest.at("packages"))
      out.push_back({entry.at("package"), entry.at("architecture"), entry.at("version"), entry.at("sha256")});
  } catch (const json::exception&) {
    out.clear();
  }
  return out;
}

bool holds_package(const std::vector<UnpackedPackage>& unpacked, std::string_view package,
                   std::string_view host_architecture) {
  const std::size_t colon = package.find(':');
  const std::string_view name = package.substr(0, colon);
  const std::string_view architecture = colon == package.npos ? host_architecture : package.substr(colon + 1);
  for (const UnpackedPackage& known : unpacked)
    if (known.package == name && (known.architecture == architecture || known.architecture == "all")) return true;
  return false;
}

}  // namespace xtest
