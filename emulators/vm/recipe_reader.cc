// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/recipe_reader.h"

#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/text.h"
#include "runner/base/yaml.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr auto usual_boot = std::chrono::minutes(2);
constexpr auto usual_answer = std::chrono::minutes(2);
constexpr auto usual_installation = std::chrono::hours(1);

std::vector<std::string> strings(const YamlNode& map, std::string_view key) {
  const auto node = map.find(key);
  return node ? node->as_strings() : std::vector<std::string>{};
}

std::string text(const YamlNode& map, std::string_view key, std::string otherwise = {}) {
  const auto node = map.find(key);
  return node ? node->as_string() : otherwise;
}

template <class Value>
Value one_of(const YamlNode& node, std::initializer_list<Value> values) {
  std::vector<std::string> names;
  for (const Value value : values) {
    names.emplace_back(to_string(value));
    if (node.as_string() == names.back()) return value;
  }
  node.fail("'" + node.as_string() + "' is not among " + join(names, ", "));
}

fs::path beside(const fs::path& recipe, const YamlNode& node) {
  const fs::path file = recipe.parent_path() / node.as_string();
  std::error_code error;
  if (!fs::is_regular_file(file, error)) node.fail("there is no file " + file.string());
  return file;
}

std::vector<TextFile> read_files(const YamlNode& node) {
  std::vector<TextFile> files;
  for (const auto& [path, content] : node.entries()) {
    if (path.starts_with('/') || path.find("..") != path.npos) content.fail("'" + path + "' does not lie below the root", "without a leading slash");
    files.push_back({path, content.as_string()});
  }
  return files;
}

DebianSource read_debian(const YamlNode& node, const fs::path& recipe, const fs::path& linux_init) {
  node.allow_only({"suite", "architecture", "kernel", "packages", "modules", "programs", "libraries", "loader", "init", "files"});
  DebianSource source;
  source.suite = node.at("suite").as_string();
  source.architecture = node.at("architecture").as_string();
  source.kernel = node.at("kernel").as_string();
  source.packages = node.at("packages").as_strings();
  source.modules = strings(node, "modules");
  source.programs = strings(node, "programs");
  source.libraries = strings(node, "libraries");
  source.loader = node.at("loader").as_string();
  if (!source.loader.starts_with('/')) node.at("loader").fail("the loader's path is not absolute");
  const auto init = node.find("init");
  source.init = init ? beside(recipe, *init) : linux_init;
  if (const auto files = node.find("files")) source.files = read_files(*files);
  return source;
}

std::string read_sha256(const YamlNode& node) {
  const std::string digest = node.as_string();
  if (digest == "unknown") return {};
  const bool is_hex = digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == digest.npos;
  if (!is_hex) node.fail("a sha256 has 64 digits of 0-9 and a-f", "or `unknown`");
  return digest;
}

MediaSource read_media(const YamlNode& node) {
  node.allow_only({"version", "urls", "sha256", "record", "compression", "format"});
  MediaSource media;
  media.version = node.at("version").as_string();
  media.urls = node.at("urls").as_strings();
  if (media.urls.empty()) node.at("urls").fail("there is no URL");
  for (const YamlNode& url : node.at("urls").items()) {
    const bool is_url = url.as_string().find("://") != std::string::npos && !fs::path(url.as_string()).filename().empty();
    if (!is_url) url.fail("'" + url.as_string() + "' is no URL of a file");
  }
  media.sha256 = read_sha256(node.at("sha256"));
  media.record = text(node, "record");
  if (!media.sha256.empty() && media.record.empty()) node.at("sha256").fail("where does this sha256 stand in public?", "say so with `record:`, or write `unknown`");
  if (const auto compression = node.find("compression"))
    media.compression = one_of(*compression, {Compression::none, Compression::gz, Compression::bz2, Compression::xz, Compression::zst});
  media.format = one_of(node.at("format"), {MediaFormat::iso, MediaFormat::raw, MediaFormat::qcow2});
  return media;
}

std::vector<DialogueStep> read_dialogue(const YamlNode& node) {
  std::vector<DialogueStep> steps;
  for (const YamlNode& item : node.items()) {
    item.allow_only({"expect", "send", "limit"});
    const auto limit = item.find("limit");
    DialogueStep step{item.at("expect").as_string(), text(item, "send"), limit ? limit->as_duration() : usual_answer};
    if (step.expect.empty()) item.at("expect").fail("nothing is expected");
    steps.push_back(std::move(step));
  }
  if (steps.empty()) node.fail("a dialogue without a step");
  return steps;
}

Installation read_installation(const YamlNode& node) {
  node.allow_only({"disk", "limit"});
  Installation installation;
  if (const auto disk = node.find("disk")) {
    const auto bytes = parse_size(disk->as_string());
    if (!bytes || *bytes == 0) disk->fail("'" + disk->as_string() + "' is no size", "such as 64M or 8G");
    installation.disk_bytes = *bytes;
  }
  const auto limit = node.find("limit");
  installation.limit = limit ? limit->as_duration() : usual_installation;
  return installation;
}

void read_seed(const YamlNode& node, Provision& provision) {
  node.allow_only({"kind", "label", "files", "installation"});
  provision.label = node.at("label").as_string();
  provision.files = read_files(node.at("files"));
}

void read_disk(const YamlNode& node, const fs::path& recipe, Provision& provision) {
  node.allow_only({"kind", "disk", "format", "user_key", "host_key"});
  provision.disk = beside(recipe, node.at("disk"));
  provision.disk_format = one_of(node.at("format"), {MediaFormat::raw, MediaFormat::qcow2});
  provision.user_key = beside(recipe, node.at("user_key"));
  if (const auto key = node.find("host_key")) provision.host_key = beside(recipe, *key);
}

Provision read_provision(const YamlNode& node, const fs::path& recipe) {
  Provision provision;
  const YamlNode kind = node.is_map() ? node.at("kind") : node;
  provision.kind = one_of(kind, {ProvisionKind::none, ProvisionKind::seed_iso, ProvisionKind::serial_expect, ProvisionKind::disk});
  if (provision.kind != ProvisionKind::none && !node.is_map()) node.fail("more has to be said for " + node.as_string(), "as a map with `kind: " + node.as_string() + "`");
  switch (provision.kind) {
    case ProvisionKind::none:
      if (node.is_map()) node.allow_only({"kind"});
      break;
    case ProvisionKind::seed_iso: read_seed(node, provision); break;
    case ProvisionKind::disk: read_disk(node, recipe, provision); break;
    case ProvisionKind::serial_expect:
      node.allow_only({"kind", "dialogue", "installation"});
      provision.dialogue = read_dialogue(node.at("dialogue"));
      node.at("installation");
  }
  if (!node.is_map()) return provision;
  if (const auto installation = node.find("installation")) provision.installation = read_installation(*installation);
  return provision;
}

MachineSpec read_machine(const YamlNode& node) {
  node.allow_only({"program", "args", "devices", "memory", "console", "append", "disk", "cd"});
  MachineSpec machine;
  machine.program = node.at("program").as_string();
  machine.args = strings(node, "args");
  machine.devices = strings(node, "devices");
  machine.memory_mib = static_cast<int>(node.at("memory").as_int(32, 1 << 20));
  machine.console = text(node, "console");
  machine.append = strings(node, "append");
  machine.disk = text(node, "disk", machine.disk);
  machine.cd = text(node, "cd", machine.cd);
  return machine;
}

Reach read_reach(const YamlNode& node) {
  node.allow_only({"user", "port", "server", "patience"});
  Reach reach;
  reach.user = node.at("user").as_string();
  if (const auto port = node.find("port")) reach.port = static_cast<std::uint16_t>(port->as_int(1, 65535));
  const auto patience = node.find("patience");
  reach.patience = patience ? patience->as_duration() : usual_boot;
  reach.server = node.at("server").as_string();
  if (reach.server != "dropbear" && reach.server != "openssh") node.at("server").fail("'" + reach.server + "' is not among dropbear, openssh");
  return reach;
}

bool read_tried(const YamlNode& node) {
  const std::string tried = node.as_string();
  if (tried != "yes" && tried != "no") node.fail("'" + tried + "' is not among yes, no");
  return tried == "yes";
}

std::string digest_of(const ImageRecipe& recipe) {
  Sha256 hash;
  hash.update("image 2\n");
  hash.update(sha256_file(recipe.file));
  if (!recipe.media) hash.update(sha256_file(recipe.debian.init));
  for (const fs::path& part : {recipe.provision.disk, recipe.provision.user_key, recipe.provision.host_key}) {
    if (!part.empty()) hash.update(sha256_file(part));
  }
  return hash.finish();
}

}  // namespace

ImageRecipe read_recipe(const fs::path& file, const fs::path& linux_init) {
  const YamlNode node = load_yaml(file);
  node.allow_only({"name", "title", "arch", "targets", "tried", "debian", "media", "provision", "machine", "reach", "shell", "panic"});
  ImageRecipe recipe;
  recipe.file = file;
  recipe.name = node.at("name").as_string();
  if (recipe.name != file.stem().string()) node.at("name").fail("the name is not the file's", "name it " + file.stem().string());
  recipe.title = node.at("title").as_string();
  recipe.arch = node.at("arch").as_string();
  recipe.targets = node.at("targets").as_strings();
  recipe.tried = read_tried(node.at("tried"));
  const auto media = node.find("media");
  if (media && node.find("debian")) media->fail("a guest is made of a medium or of Debian's packages, not of both");
  if (media) recipe.media = read_media(*media);
  else recipe.debian = read_debian(node.at("debian"), file, linux_init);
  if (const auto provision = node.find("provision")) recipe.provision = read_provision(*provision, file);
  recipe.machine = read_machine(node.at("machine"));
  if (!media && recipe.machine.console.empty()) node.at("machine").fail("which console does the kernel get?", "such as `console: ttyS0`");
  recipe.reach = read_reach(node.at("reach"));
  recipe.shell = text(node, "shell", "/bin/sh");
  recipe.panic = strings(node, "panic");
  recipe.digest = digest_of(recipe);
  return recipe;
}

}  // namespace xtest
