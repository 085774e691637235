// SPDX-License-Identifier: Apache-2.0
#include "suites/probe_file.h"

#include "runner/base/text.h"
#include "suites/conditions.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <system_error>
#include <tuple>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr std::array kRungs = {"file", "hello", "startup", "stack", "unwinding", "threads", "system", "calls"};
constexpr std::array kLanguages = {"c", "cxx", "go", "rust"};
constexpr std::array kLinkKinds = {"dynamic", "pie", "static", "static-pie"};

template <class Words>
[[noreturn]] void fail_unknown(const YamlNode& node, const std::string& what, const std::string& name,
                               const Words& words) {
  const std::vector<std::string> known(words.begin(), words.end());
  const auto near = nearest(name, known);
  node.fail("unknown " + what + " '" + name + "'",
            near ? "did you mean '" + *near + "'?" : "known: " + join(known, " "));
}

std::string read_id(const YamlNode& node) {
  std::string id = node.as_string();
  const bool good =
      !id.empty() && std::ranges::all_of(id, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; });
  if (!good) node.fail("'" + id + "' is no id for a probe", "use letters, digits, - and _");
  return id;
}

std::string read_rung(const YamlNode& node) {
  std::string rung = node.as_string();
  if (!rung_position(rung)) fail_unknown(node, "rung", rung, kRungs);
  return rung;
}

Language read_language(const YamlNode& node, const std::string& name) {
  const auto language = language_from(name);
  if (!language) fail_unknown(node, "language", name, kLanguages);
  return *language;
}

void add_needs(const YamlNode& owner, std::vector<ProbeNeed>& needs) {
  const auto node = owner.find("needs");
  if (!node) return;
  for (const std::string& text : node->as_strings()) needs.push_back({text, node->where()});
}

std::vector<std::string> read_links(const YamlNode& node) {
  std::vector<std::string> links = node.as_strings();
  for (const std::string& link : links) {
    if (std::ranges::find(kLinkKinds, link) == kLinkKinds.end()) fail_unknown(node, "link kind", link, kLinkKinds);
  }
  return links;
}

std::vector<fs::path> read_files(const YamlNode& node, const fs::path& folder) {
  std::vector<fs::path> files;
  std::set<fs::path> names;
  for (const std::string& name : node.as_strings()) {
    const fs::path file = (folder / name).lexically_normal();
    std::error_code error;
    if (!fs::is_regular_file(file, error))
      node.fail("there is no file " + file.string(), "name the sources relative to the folder of this probe.yaml");
    if (!names.insert(file.filename()).second) node.fail("two sources are called " + file.filename().string());
    files.push_back(file);
  }
  return files;
}

ProbeLanguage read_program(const YamlNode& node, const fs::path& folder, const Flags& suite_flags) {
  node.allow_only({"sources", "libraries", "flags", "requires", "needs"});
  ProbeLanguage program;
  const YamlNode sources = node.at("sources");
  program.sources = read_files(sources, folder);
  if (program.sources.empty()) sources.fail("a program needs at least one source");
  if (const auto libraries = node.find("libraries")) program.libraries = read_files(*libraries, folder);
  program.flags = suite_flags;
  if (const auto flags = node.find("flags")) {
    for (std::string& flag : flags->as_strings()) program.flags.push_back(std::move(flag));
  }
  if (const auto condition = node.find("requires")) program.condition = read_condition(*condition);
  add_needs(node, program.needs);
  return program;
}

Diagnosis read_diagnosis(const YamlNode& root) {
  Diagnosis diagnosis;
  if (const auto texts = root.find("diagnosis")) {
    for (const auto& [key, text] : texts->entries()) diagnosis.texts.emplace(key, text.as_string());
  }
  if (const auto cause = root.find("cause")) diagnosis.cause = cause->as_string();
  if (const auto seen = root.find("seen")) diagnosis.seen = seen->as_string();
  if (const auto reference = root.find("reference")) diagnosis.reference = join(reference->as_strings(), ", ");
  return diagnosis;
}

void read_programs(const YamlNode& root, const std::map<Language, Flags>& suite_flags, Probe& probe) {
  const auto languages = root.find("languages");
  if (probe.is_check) {
    if (languages) languages->fail("a static check has no programs of its own", "remove `languages` or `check: true`");
    return;
  }
  for (const auto& [name, node] : root.at("languages").entries()) {
    const Language language = read_language(node, name);
    const auto flags = suite_flags.find(language);
    probe.languages.emplace(language, read_program(node, probe.file.parent_path(),
                                                   flags == suite_flags.end() ? Flags{} : flags->second));
  }
  if (probe.languages.empty()) languages->fail("a probe needs a program in at least one language");
}

void check_libraries(const YamlNode& root, const Probe& probe) {
  const bool is_dynamic = !probe.links.empty() && std::ranges::none_of(probe.links, [](const std::string& link) {
    return link.starts_with("static");
  });
  for (const auto& [language, program] : probe.languages) {
    if (program.libraries.empty()) continue;
    const YamlNode node = root.at("languages").at(to_string(language));
    if (language != Language::c && language != Language::cxx) node.fail("only C and C++ programs can have libraries");
    if (!is_dynamic) node.fail("a static program has no shared libraries", "add `links: [dynamic]` to the probe");
  }
}

Probe read_probe(const fs::path& file, const Suite& suite, const std::map<Language, Flags>& suite_flags) {
  const YamlNode root = load_yaml(file);
  root.allow_only({"probe", "title", "rung", "requires", "needs", "limit", "check", "languages", "variants", "links",
                   "diagnosis", "cause", "seen", "reference"});
  Probe probe;
  probe.file = file;
  probe.id = read_id(root.at("probe"));
  probe.title = root.at("title").as_string();
  probe.rung = read_rung(root.at("rung"));
  if (const auto condition = root.find("requires")) probe.condition = read_condition(*condition);
  add_needs(suite.config, probe.needs);
  add_needs(root, probe.needs);
  const auto limit = root.find("limit");
  probe.limit = limit ? limit->as_duration() : suite.limit;
  if (probe.limit.count() == 0) limit->fail("a limit of nothing would let a probe hang for ever");
  if (const auto check = root.find("check")) probe.is_check = check->as_bool();
  read_programs(root, suite_flags, probe);
  if (const auto variants = root.find("variants")) {
    for (const auto& [name, flags] : variants->entries()) probe.variants.emplace_back(name, flags.as_strings());
  }
  if (const auto links = root.find("links")) probe.links = read_links(*links);
  check_libraries(root, probe);
  probe.diagnosis = read_diagnosis(root);
  return probe;
}

std::map<Language, Flags> read_suite_flags(const Suite& suite) {
  std::map<Language, Flags> flags;
  const auto node = suite.config.find("flags");
  if (!node) return flags;
  for (const auto& [name, list] : node->entries()) flags.emplace(read_language(list, name), list.as_strings());
  return flags;
}

std::vector<fs::path> probe_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  const auto add = [&](const fs::path& file) {
    if (fs::is_regular_file(file, error)) files.push_back(file);
  };
  add(folder / "probe.yaml");
  for (const auto& entry : fs::directory_iterator(folder, error)) add(entry.path() / "probe.yaml");
  return files;
}

// "A10" -> {"A", 10}: letters first, then by number.
std::pair<std::string, std::uint64_t> natural(const std::string& id) {
  std::size_t digits = 0;
  while (digits < id.size() && digits < 18 && std::isdigit(static_cast<unsigned char>(id[id.size() - 1 - digits])))
    ++digits;
  const std::size_t at = id.size() - digits;
  return {id.substr(0, at), digits == 0 ? 0 : std::stoull(id.substr(at))};
}

}  // namespace

std::optional<std::size_t> rung_position(std::string_view rung) {
  const auto found = std::ranges::find(kRungs, rung);
  if (found == kRungs.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kRungs.begin());
}

std::vector<Probe> read_probes(const Suite& suite) {
  const auto suite_flags = read_suite_flags(suite);
  std::vector<Probe> probes;
  for (const fs::path& file : probe_files(suite.folder)) probes.push_back(read_probe(file, suite, suite_flags));
  std::ranges::sort(probes, {}, [](const Probe& probe) {
    return std::tuple(*rung_position(probe.rung), natural(probe.id), probe.file);
  });
  for (std::size_t at = 0; at < probes.size(); ++at) {
    const auto twin = std::ranges::find(probes.begin() + static_cast<std::ptrdiff_t>(at) + 1, probes.end(),
                                        probes[at].id, &Probe::id);
    if (twin != probes.end())
      throw Error(ErrorKind::usage, Position{twin->file.string()},
                  "the probe '" + twin->id + "' is also in " + probes[at].file.string(), "give one of them another id");
  }
  return probes;
}

}  // namespace xtest
