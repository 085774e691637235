// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/installed_suite.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kManifest = "manifest.json";
constexpr std::size_t kShown = 12;         // digits of a digest, for people

std::optional<SuiteManifest> read_manifest(const fs::path& home) {
  const json read = json::parse(read_file(home / kManifest).value_or(""), nullptr, false);
  SuiteManifest manifest;
  try {
    manifest.source = read.at("source");
    manifest.checkout = read.at("checkout").get<std::string>();
    manifest.files = read.at("files");
    manifest.bytes = read.at("bytes");
    manifest.names = read.at("names");
    manifest.contents = read.at("contents");
    for (const json& one : read.at("packages"))
      manifest.packages.push_back({one.at("package"), one.at("architecture"), one.at("version"), one.at("sha256")});
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return manifest;
}

struct Shape {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::string names;
};

Shape shape_of(const fs::path& tree) {
  std::vector<std::string> lines;
  Shape shape;
  std::error_code error;
  for (fs::recursive_directory_iterator at(tree, error), end; !error && at != end; at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    const std::uint64_t size = at->file_size(error);
    shape.bytes += size;
    lines.push_back(fmt::format("{} {}\n", size, at->path().native().substr(tree.native().size())));
  }
  shape.files = lines.size();
  std::ranges::sort(lines);
  shape.names = sha256_hex(join(lines, ""));
  return shape;
}

std::string trouble_of(const Suite& suite, const fs::path& tree, const SuiteManifest& manifest, bool wholly) {
  if (manifest.source != describe(*suite.source)) return "it was installed for another `from:` than " + suite.folder.string() + "/suite.yaml has now";
  if (!manifest.checkout.empty() && !fs::is_directory(manifest.checkout)) return "the checkout " + manifest.checkout.string() + " is gone";
  if (!fs::is_directory(tree / suite.source->folder)) return "there is no " + (tree / suite.source->folder).string();
  if (!manifest.checkout.empty()) return "";
  const Shape shape = shape_of(tree);
  if (shape.names != manifest.names)
    return fmt::format("{} holds {} files of {} bytes, not the {} of {} that were unpacked", tree.string(), shape.files, shape.bytes, manifest.files,
                       manifest.bytes);
  if (wholly && digest_of_folder(tree) != manifest.contents) return "files in " + tree.string() + " were changed";
  return "";
}

}  // namespace

fs::path suite_home(const Suite& suite, const fs::path& cache) { return cache / "suites" / suite.name; }
fs::path suite_tree(const Suite& suite, const fs::path& cache) { return suite_home(suite, cache) / "tree"; }

SuiteState state_of(const Suite& suite, const fs::path& cache, bool wholly) {
  SuiteState state;
  if (!suite.source) {
    state.kind = SuiteState::Kind::own;
    return state;
  }
  const fs::path home = suite_home(suite, cache);
  if (!fs::exists(home / kManifest) && !fs::exists(home / "tree")) return state;
  state.kind = SuiteState::Kind::damaged;
  auto manifest = read_manifest(home);
  if (!manifest) {
    state.trouble = (home / kManifest).string() + " cannot be read";
    return state;
  }
  state.trouble = trouble_of(suite, home / "tree", *manifest, wholly);
  state.manifest = *std::move(manifest);
  if (state.trouble.empty()) state.kind = SuiteState::Kind::here;
  return state;
}

void use_installed(Suite& suite, const fs::path& cache) {
  const SuiteState state = state_of(suite, cache, false);
  const std::string remedy = "xtest suite install " + suite.name;
  switch (state.kind) {
    case SuiteState::Kind::own: return;
    case SuiteState::Kind::absent: throw Error(ErrorKind::usage, "the tests of " + suite.name + " are not installed", remedy);
    case SuiteState::Kind::damaged: throw Error(ErrorKind::usage, "the tests of " + suite.name + " are damaged: " + state.trouble, remedy);
    case SuiteState::Kind::here: break;
  }
  suite.sources = suite_tree(suite, cache) / suite.source->folder;
  const bool is_checkout = !state.manifest.checkout.empty();
  const std::string digest = is_checkout ? digest_of_folder(suite.sources) : sha256_hex(to_json(state.manifest));
  suite.revision = fmt::format("{} #{}, suite.yaml #{}", origin_of(state.manifest), digest.substr(0, kShown), suite.revision.substr(0, kShown));
}

std::string origin_of(const SuiteManifest& manifest) {
  if (!manifest.checkout.empty()) return manifest.checkout.string();
  std::vector<std::string> names;
  for (const UnpackedPackage& one : manifest.packages) names.push_back(one.package + " " + one.version);
  return join(names, ", ");
}

std::string describe(const SuiteSource& source) {
  std::string text = source.source_package.empty() ? join(source.packages, " ") : "source of " + source.source_package;
  text += " (" + source.release + ")";
  if (!source.archive.empty()) text += ", " + source.archive;
  if (!source.take.empty()) text += ", of it " + join(source.take, " ");
  return text + (source.folder.empty() ? "" : ", tests in " + source.folder);
}

void measure(const fs::path& tree, SuiteManifest& manifest) {
  const Shape shape = shape_of(tree);
  manifest.files = shape.files;
  manifest.bytes = shape.bytes;
  manifest.names = shape.names;
  manifest.contents = digest_of_folder(tree);
}

std::string to_json(const SuiteManifest& manifest) {
  json packages = json::array();
  for (const UnpackedPackage& one : manifest.packages)
    packages.push_back({{"package", one.package}, {"architecture", one.architecture}, {"version", one.version}, {"sha256", one.sha256}});
  return json{{"source", manifest.source}, {"checkout", manifest.checkout.string()}, {"packages", packages}, {"files", manifest.files},
              {"bytes", manifest.bytes},   {"names", manifest.names},                {"contents", manifest.contents}}
             .dump(2) + '\n';
}

}  // namespace xtest
