// SPDX-License-Identifier: Apache-2.0
#include "targets/load.h"

#include "runner/base/text.h"
#include "runner/base/yaml.h"
#include "targets/features.h"
#include "targets/schema.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

namespace xtest {

namespace {

struct Source {
  std::string name;                      // the triple, or "_name" of a base
  std::filesystem::path path;
  bool base = false;
  std::optional<YamlNode> document;      // once it has been read
  std::unique_ptr<Target> target;        // once it has been understood
};

// The files on the way from a target to its ancestors; one that comes again is a cycle.
class OnChain {
 public:
  OnChain(std::vector<std::string>& chain, std::string name) : chain_(chain) { chain_.push_back(std::move(name)); }
  OnChain(const OnChain&) = delete;
  OnChain& operator=(const OnChain&) = delete;
  ~OnChain() { chain_.pop_back(); }

 private:
  std::vector<std::string>& chain_;
};

std::string did_you_mean(std::string_view name, std::vector<std::string> candidates) {
  std::vector<std::string> found;
  for (const auto& candidate : candidates) {
    if (name.size() > 2 && found.size() < 3 && candidate.starts_with(name)) found.push_back(candidate);
  }
  std::erase_if(candidates, [&](const std::string& candidate) { return candidate.starts_with(name); });
  while (found.size() < 3) {
    const auto next = nearest(name, candidates);
    if (!next) break;
    found.push_back(*next);
    std::erase(candidates, *next);
  }
  return found.empty() ? "" : "did you mean " + join(found, " or ") + "? ";
}

std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".yaml") files.push_back(entry->path());
  }
  if (error) {
    throw Error(ErrorKind::usage, folder.string() + ": cannot read this folder of targets: " + error.message(),
                "name a folder that holds TRIPLE.yaml files");
  }
  std::ranges::sort(files);
  return files;
}

Position place_of(const YamlNode& document, std::string_view spelling) {
  const auto aliases = document.find("aliases");
  if (!aliases) return document.where();
  for (const auto& item : aliases->items()) {
    if (item.as_string() == spelling) return item.where();
  }
  return document.where();
}

bool claims(const Target& target, std::string_view spelling) {
  return target.triple == spelling || std::ranges::find(target.aliases, spelling) != target.aliases.end();
}

// Whether it is worth parsing: the text has the spelling in it. A file that cannot be read is for load() to complain
// about.
bool may_claim(const Source& source, std::string_view spelling) {
  if (source.target || source.name == spelling) return true;
  std::ifstream in(source.path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return !in || text.find(spelling) != text.npos;
}

[[noreturn]] void claimed_twice(const Source& first, const Source& second, std::string_view spelling) {
  throw Error(ErrorKind::usage, place_of(*second.document, spelling),
              "'" + std::string(spelling) + "' is also a name of the target in " + first.path.string(),
              "a spelling can mean one target only: remove it from one of the files");
}

}  // namespace

// What was found and what of it has been read so far.
class TargetLibrary::Files {
 public:
  Files(const std::vector<std::filesystem::path>& folders, const std::vector<std::filesystem::path>& files);

  const Target& find(std::string_view name);
  std::vector<std::string> names() const;
  std::vector<const Target*> all();

 private:
  void add(const std::string& name, const std::filesystem::path& path, bool base);
  Source& parent_of(const YamlNode& extends);
  const Target& load(Source& source);
  [[noreturn]] void unknown(std::string_view name);

  std::map<std::string, Source, std::less<>> sources_;              // by file name or triple
  std::vector<std::string> chain_;                                  // being read right now, for cycles
  bool has_own_ = false;  // the user added targets: they may claim any spelling
};

TargetLibrary::Files::Files(const std::vector<std::filesystem::path>& folders,
                            const std::vector<std::filesystem::path>& files)
    : has_own_(folders.size() > 1 || !files.empty()) {
  for (const auto& folder : folders) {
    for (const auto& path : yaml_files(folder)) {
      const auto name = path.stem().string();
      add(name, path, name.starts_with('_'));
    }
  }
  for (const auto& path : files) {
    const auto document = load_yaml(path);
    const auto triple = document.at("triple").as_string();
    add(triple, path, false);
    sources_.find(triple)->second.document = document;
  }
}

const Target& TargetLibrary::Files::find(std::string_view name) {
  const auto exact = sources_.find(name);
  if (!has_own_ && exact != sources_.end() && !exact->second.base) return load(exact->second);
  Source* owner = nullptr;
  for (auto& [triple, source] : sources_) {
    if (source.base || !may_claim(source, name) || !claims(load(source), name)) continue;
    if (owner) claimed_twice(*owner, source, name);
    owner = &source;
  }
  if (!owner) unknown(name);
  return *owner->target;
}

std::vector<std::string> TargetLibrary::Files::names() const {
  std::vector<std::string> result;
  for (const auto& [name, source] : sources_) {
    if (!source.base) result.push_back(name);
  }
  return result;
}

std::vector<const Target*> TargetLibrary::Files::all() {
  std::vector<const Target*> result;
  std::map<std::string, const Source*> owners;
  for (auto& [name, source] : sources_) {
    if (source.base) continue;
    const auto& target = load(source);
    result.push_back(&target);
    auto spellings = target.aliases;
    spellings.push_back(name);
    for (const auto& spelling : spellings) {
      const auto owner = owners.emplace(spelling, &source).first->second;
      if (owner != &source) claimed_twice(*owner, source, spelling);
    }
  }
  return result;
}

Source& TargetLibrary::Files::parent_of(const YamlNode& extends) {
  const auto name = extends.as_string();
  const auto found = sources_.find(name);
  if (found != sources_.end()) return found->second;
  std::vector<std::string> candidates;
  for (const auto& [known, source] : sources_) candidates.push_back(known);
  extends.fail(
      "extends '" + name + "', which no file of targets defines",
      did_you_mean(name, candidates) + "write the canonical triple, or the name of a base file that begins with _");
}

const Target& TargetLibrary::Files::load(Source& source) {
  if (source.target) return *source.target;
  if (!source.document) source.document = load_yaml(source.path);
  const auto& document = *source.document;
  const OnChain here(chain_, source.name);
  auto target = std::make_unique<Target>();
  if (const auto extends = document.find("extends")) {
    auto& parent = parent_of(*extends);
    if (std::ranges::find(chain_, parent.name) != chain_.end()) {
      extends->fail("extends goes in a circle: " + join(chain_, " -> ") + " -> " + parent.name);
    }
    *target = load(parent);
    for (const auto& word : derived_features(*target)) target->features.erase(word);
  }
  read_target(document, source.base, *target);
  if (!source.base) {
    if (target->triple != source.name) {
      document.at("triple").fail("triple '" + target->triple + "' is not the name of its file",
                                 "call the file " + target->triple + ".yaml, or give it by --target-file");
    }
    complete_target(document.where(), *target);
  }
  source.target = std::move(target);
  return *source.target;
}

void TargetLibrary::Files::add(const std::string& name, const std::filesystem::path& path, bool base) {
  const auto [place, added] = sources_.try_emplace(name, Source{name, path, base, std::nullopt, nullptr});
  if (added) return;
  throw Error(ErrorKind::usage, Position{path.string(), 1, 1},
              "'" + name + "' is already defined by " + place->second.path.string(),
              "give it another name; `extends:` takes over what the other file says");
}

void TargetLibrary::Files::unknown(std::string_view name) {
  std::vector<std::string> candidates;
  for (const auto* target : all()) {
    candidates.push_back(target->triple);
    candidates.insert(candidates.end(), target->aliases.begin(), target->aliases.end());
  }
  throw Error(
      ErrorKind::usage, "unknown target '" + std::string(name) + "'",
      did_you_mean(name, candidates) +
          "`xtest targets` lists them; --target-file and --targets-dir add one; `xtest targets new TRIPLE` begins one");
}

TargetLibrary::TargetLibrary(const std::vector<std::filesystem::path>& folders,
                             const std::vector<std::filesystem::path>& files)
    : files_(std::make_unique<Files>(folders, files)) {}

TargetLibrary::~TargetLibrary() = default;
TargetLibrary::TargetLibrary(TargetLibrary&&) noexcept = default;
TargetLibrary& TargetLibrary::operator=(TargetLibrary&&) noexcept = default;

const Target& TargetLibrary::find(std::string_view name) const { return files_->find(name); }
std::vector<std::string> TargetLibrary::names() const { return files_->names(); }
std::vector<const Target*> TargetLibrary::all() const { return files_->all(); }

}  // namespace xtest
