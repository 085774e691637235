// SPDX-License-Identifier: Apache-2.0
#include "targets/schema.h"

#include "runner/base/text.h"
#include "targets/features.h"
#include "targets/schema_files.h"

#include <algorithm>
#include <cctype>

namespace xtest {

namespace {

const std::vector<std::string> link_kind_names{"dynamic", "static", "static-pie"};
const std::vector<std::string> language_names{"c", "cxx", "go", "rust"};
const std::vector<std::string> executor_names{"host", "qemu-user", "vm", "wine"};

void must_be_one_of(const Position& where, std::string_view what, const std::string& text,
                    const std::vector<std::string>& known) {
  if (std::ranges::find(known, text) != known.end()) return;
  const auto candidate = nearest(text, known);
  throw Error(ErrorKind::usage, where,
              "unknown " + std::string(what) + " '" + text + "': known are " + join(known, ", "),
              candidate ? "did you mean '" + *candidate + "'?" : "");
}

bool made_of(std::string_view text, std::string_view more) {
  return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
    return std::isalnum(c) || more.find(static_cast<char>(c)) != more.npos;
  });
}

std::map<std::string, std::string> text_map(const YamlNode& node) {
  std::map<std::string, std::string> result;
  for (const auto& [key, value] : node.entries()) result[key] = value.as_string();
  return result;
}

void read_identity(const YamlNode& file, Target& onto) {
  const auto triple = file.at("triple");
  onto.triple = triple.as_string();
  if (!made_of(onto.triple, "_.-"))
    triple.fail("'" + onto.triple + "' is not a triple: letters, digits, _ . and - only");
  const auto title = file.find("title");
  onto.title = title ? title->as_string() : onto.triple;
  onto.aliases.clear();
  const auto aliases = file.find("aliases");
  if (!aliases) return;
  for (const auto& item : aliases->items()) {
    const auto text = item.as_string();
    if (!made_of(text, "_.-/"))
      item.fail("'" + text + "' is no spelling of a target: letters, digits, _ . - and / only");
    onto.aliases.push_back(text);
  }
}

void read_feature(const YamlNode& item, std::string_view word) {
  check_feature(word, item.where());
  const auto* known = find_feature(word);
  if (!known || known->source == FeatureSource::target) return;
  item.fail(
      "feature '" + std::string(word) + "' cannot be written here: it " +
      (known->source == FeatureSource::derived ? "follows from the other keys of the file" : "is told by the machine"));
}

void read_features(const YamlNode& node, Target& onto) {
  const auto items = node.items();
  const auto is_edit = [](const YamlNode& item) {
    const auto text = item.as_string();
    return text.starts_with('+') || text.starts_with('-');
  };
  const auto edits = std::ranges::count_if(items, is_edit);
  if (edits == 0) onto.features.clear();
  if (edits != 0 && edits != static_cast<std::ptrdiff_t>(items.size())) {
    node.fail("features mixes words with +words: either list all of them or only changes to the inherited ones");
  }
  for (const auto& item : items) {
    const auto text = item.as_string();
    const auto word = edits ? text.substr(1) : text;
    read_feature(item, word);
    if (edits && text.front() == '-') onto.features.erase(word);
    else onto.features.insert(word);
  }
}

void read_links(const YamlNode& node, Target& onto) {
  onto.links.clear();
  for (const auto& item : node.items()) {
    const auto kind = item.as_string();
    must_be_one_of(item.where(), "link kind", kind, link_kind_names);
    if (std::ranges::find(onto.links, kind) != onto.links.end()) item.fail("link kind '" + kind + "' is there twice");
    onto.links.push_back(kind);
  }
}

void read_compiler(const YamlNode& node, CompilerSpec& onto) {
  node.allow_only({"try", "flags", "links", "env", "dumpmachine", "triple", "absent"});
  if (const auto names = node.find("try")) onto.try_names = names->as_strings();
  if (const auto flags = node.find("flags")) onto.flags = flags->as_strings();
  if (const auto said = node.find("dumpmachine")) onto.dumpmachine = said->as_strings();
  if (const auto triple = node.find("triple")) onto.triple = triple->as_string();
  if (const auto env = node.find("env")) {
    for (auto& [key, value] : text_map(*env)) onto.env[key] = value;
  }
  if (const auto links = node.find("links")) {
    for (const auto& [kind, flags] : links->entries()) {
      must_be_one_of(flags.where(), "link kind", kind, link_kind_names);
      onto.link_flags[kind] = flags.as_strings();
    }
  }
  const auto absent = node.find("absent");
  if (absent) onto.absent = absent->as_string();
  else if (node.find("try")) onto.absent.clear();
}

void read_compilers(const YamlNode& node, Target& onto) {
  for (const auto& [name, spec] : node.entries()) {
    must_be_one_of(spec.where(), "language", name, language_names);
    read_compiler(spec, onto.compilers[*language_from(name)]);
  }
}

std::vector<std::string> known_roles() {
  auto roles = language_names;
  for (const auto& name : executor_names) roles.push_back("executor:" + name);
  for (const auto& name : language_names) roles.push_back("private:" + name);
  return roles;
}

void read_packages(const YamlNode& node, Target& onto) {
  const auto roles = known_roles();
  for (const auto& [distribution, hosts] : node.entries()) {
    for (const auto& [host, table] : hosts.entries()) {
      if (host != "*" && !made_of(host, "_-")) table.fail("'" + host + "' is no architecture of a host");
      for (const auto& [role, packages] : table.entries()) {
        must_be_one_of(packages.where(), "role of packages", role, roles);
        const auto names = packages.as_strings();
        for (const auto& name : names) {
          if (!made_of(name, "+.:-")) packages.fail("'" + name + "' is no name of a package");
        }
        onto.packages[distribution][host][role] = names;
      }
    }
  }
}

void check_settings(const YamlNode& settings, const std::string& executor) {
  if (executor == "host") settings.allow_only({"machines", "overlay"});
  if (executor == "qemu-user") settings.allow_only({"programs", "magic", "mask", "sysroot", "overlay"});
  if (executor == "vm") settings.allow_only({"image"});
  if (executor == "wine") settings.allow_only({"machines", "programs", "dll_path"});
}

void read_executors(const YamlNode& node, Target& onto) {
  onto.executors.clear();
  for (const auto& item : node.items()) {
    item.allow_only({"name", "settings"});
    ExecutorSpec spec;
    const auto name = item.at("name");
    spec.name = name.as_string();
    must_be_one_of(name.where(), "executor", spec.name, executor_names);
    if (std::ranges::find(onto.executors, spec.name, &ExecutorSpec::name) != onto.executors.end()) {
      name.fail("executor '" + spec.name + "' is there twice");
    }
    if (const auto settings = item.find("settings")) {
      check_settings(*settings, spec.name);
      spec.settings = text_map(*settings);
    }
    onto.executors.push_back(std::move(spec));
  }
}

void must_hold(bool condition, const Position& where, const std::string& what, const std::string& remedy) {
  if (!condition) throw Error(ErrorKind::usage, where, what, remedy);
}

}  // namespace

void read_target(const YamlNode& file, bool base, Target& onto) {
  if (base) {
    file.allow_only({"extends", "arch", "features", "links", "compilers", "packages", "executors", "files"});
  } else {
    file.allow_only({"triple", "title", "aliases", "extends", "arch", "features", "links", "compilers", "packages",
                     "executors", "files"});
    read_identity(file, onto);
  }
  onto.where = file.where();
  if (const auto arch = file.find("arch")) {
    onto.arch = arch->as_string();
    if (!made_of(onto.arch, "_")) arch->fail("'" + onto.arch + "' is no architecture: letters, digits and _ only");
  }
  if (const auto features = file.find("features")) read_features(*features, onto);
  if (const auto links = file.find("links")) read_links(*links, onto);
  if (const auto compilers = file.find("compilers")) read_compilers(*compilers, onto);
  if (const auto packages = file.find("packages")) read_packages(*packages, onto);
  if (const auto executors = file.find("executors")) read_executors(*executors, onto);
  if (const auto files = file.find("files")) read_files(*files, onto.files);
}

void complete_target(const Position& where, Target& target) {
  must_hold(!target.arch.empty(), where, "has no arch",
            "add `arch:`, the processor as uname -m of such a machine says it");
  must_hold(!target.links.empty(), where, "has no links", "add `links:`, such as [dynamic, static]");
  must_hold(!target.compilers.empty(), where, "has no compilers", "add `compilers:` with at least c");
  must_hold(target.files.bits && target.files.order && !target.files.machine.empty(), where,
            "files lacks bits, order or machine",
            "add them below `files:`; `xtest inspect FILE` shows those of a file");
  for (const auto& kind : target.links) {
    const bool served = std::ranges::any_of(target.compilers, [&](const auto& compiler) {
      return compiler.second.link_flags.contains(kind);
    });
    must_hold(served, where, "no compiler says how to link '" + kind + "'",
              "add it below `links:` of a compiler, with an empty list if it needs no flags");
  }
  for (const auto& [language, spec] : target.compilers) {
    must_hold(!spec.try_names.empty() || !spec.absent.empty(), where,
              "compilers." + std::string(to_string(language)) + " names no program",
              "add `try:` with the names to look for, or `absent:` with the reason");
  }
  target.features.merge(derived_features(target));
}

}  // namespace xtest
