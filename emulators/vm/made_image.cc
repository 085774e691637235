// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/made_image.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr int manifest_version = 2;

std::string key_text(const fs::path& file) {
  if (const auto bytes = read_file(file)) return std::string(trim(*bytes));
  throw Error(ErrorKind::infra, "cannot read " + file.string());
}

fs::path manifest_of(const fs::path& folder) { return folder / "manifest.json"; }

std::string damage_of_file(const fs::path& file, const std::string& name, const nlohmann::json& facts) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error) return name + ": " + error.message();
  const auto expected = facts.value("size", std::uintmax_t{0});
  if (size != expected) return fmt::format("{}: it has {} bytes, the manifest says {}", name, size, expected);
  const std::string digest = sha256_file(file);
  const std::string wanted = facts.value("sha256", "");
  return digest == wanted ? "" : fmt::format("{}: its sha256 is {}, the manifest says {}", name, digest, wanted);
}

}  // namespace

std::string MadeImage::public_user_key() const { return key_text(user_key().string() + ".pub"); }

std::string MadeImage::host_key() const { return key_text(private_host_key().string() + ".pub"); }

fs::path home_of(const fs::path& cache, const std::string& name) { return cache / "images" / name; }

fs::path folder_of(const fs::path& cache, const std::string& name, const std::string& digest) {
  return home_of(cache, name) / digest.substr(0, 16);
}

fs::path use_lock_of(const fs::path& folder) { return folder.string() + ".use"; }

void write_manifest(const fs::path& folder, const ImageRecipe& recipe, const std::vector<std::string>& origin) {
  nlohmann::json files;
  for (const auto& entry : fs::directory_iterator(folder))
    files[entry.path().filename().string()] = {{"size", entry.file_size()}, {"sha256", sha256_file(entry.path())}};
  const nlohmann::json manifest{{"version", manifest_version}, {"image", recipe.name}, {"recipe", recipe.digest}, {"origin", origin}, {"files", files}};
  if (const int error = write_file(manifest_of(folder), manifest.dump(1) + "\n"); error != 0)
    throw Error(ErrorKind::infra, fmt::format("cannot write {}: {}", manifest_of(folder).string(), std::strerror(error)));
}

std::vector<std::string> damage_of(const fs::path& folder) {
  const auto text = read_file(manifest_of(folder));
  if (!text) return {"manifest.json: it is not there or cannot be read"};
  const auto manifest = nlohmann::json::parse(*text, nullptr, false);
  const bool is_manifest = manifest.is_object() && manifest.value("version", 0) == manifest_version && manifest.contains("files") &&
                           manifest["files"].is_object() && !manifest["files"].empty();
  if (!is_manifest) return {"manifest.json: it is no manifest of this version"};
  std::vector<std::string> damage;
  for (const auto& [name, facts] : manifest["files"].items()) {
    if (std::string wrong = damage_of_file(folder / name, name, facts); !wrong.empty()) damage.push_back(std::move(wrong));
  }
  return damage;
}

std::string digest_of_manifest(const fs::path& folder) { return sha256_file(manifest_of(folder)); }

}  // namespace xtest
