// SPDX-License-Identifier: Apache-2.0
#include "suites/go_packages.h"

#include "runner/base/files.h"
#include "runner/base/text.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kListTemplate = "{{.ImportPath}}\t{{.Dir}}\t{{len .TestGoFiles}}\t{{len .XTestGoFiles}}\t{{if .Error}}{{printf \"%q\" .Error.Err}}{{end}}";
constexpr std::string_view kNothingForTarget = "build constraints exclude all Go files";

std::vector<std::string> read_packages(const YamlNode& node) {
  std::vector<std::string> packages = node.as_strings();
  if (packages.empty()) node.fail("a suite needs at least one package", "write std, ./... or import paths");
  for (const std::string& package : packages) {
    if (package.empty() || package.starts_with('-')) node.fail("'" + package + "' is no package", "write std, ./... or import paths");
  }
  return packages;
}

std::vector<GoSet> read_sets(const YamlNode& root) {
  const auto packages = root.find("packages"), sets = root.find("sets");
  if (packages.has_value() == sets.has_value()) root.fail("a Go suite has either `packages` or `sets`", "write packages: [./...]");
  if (packages) return {{"default", read_packages(*packages)}};
  std::vector<GoSet> all;
  for (const auto& [name, node] : sets->entries()) all.push_back({name, read_packages(node)});
  if (all.empty()) sets->fail("there is no set", "write sets: {core: [strings]}");
  return all;
}

fs::path inside(const YamlNode& node, const std::string& text) {
  const fs::path path(text);
  bool leaves = path.is_absolute() || path.empty();
  for (const auto& part : path) leaves = leaves || part == "..";
  if (leaves) node.fail("'" + text + "' is no relative path that stays where it is", "write one like lib/time/zoneinfo.zip");
  return path;
}

std::map<std::string, fs::path> read_make(const Suite& suite, const YamlNode& node) {
  std::map<std::string, fs::path> make;
  for (const auto& [file, program] : node.entries()) {
    const fs::path source = suite.folder / inside(program, program.as_string());
    if (!fs::exists(source)) program.fail("there is no " + source.string(), "name a Go program beside suite.yaml");
    make.emplace(inside(node, file), source);
  }
  return make;
}

GoPackage package_from(std::string_view line, const Suite& suite) {
  const auto fields = split(line, '\t');
  if (fields.size() != 5) throw Error(ErrorKind::usage, suite.name + ": `go list` says '" + std::string(line) + "', which means nothing");
  GoPackage package{std::string(fields[0]), fs::path(fields[1]), {}};
  const fs::path below = package.folder.lexically_relative(suite.sources);
  const bool is_elsewhere = fields[4].empty() && (below.empty() || *below.begin() == "..");
  if (is_elsewhere)
    throw Error(ErrorKind::usage, Position{(suite.folder / "suite.yaml").string()}, package.path + " lies in " + std::string(fields[1]) + ", not below " + suite.sources.string(),
                "name packages of the suite's own sources");
  if (fields[4].find(kNothingForTarget) != std::string_view::npos) package.skip = "nothing of it is for this target";
  else if (!fields[4].empty())
    throw Error(ErrorKind::usage, Position{(suite.folder / "suite.yaml").string()}, package.path + ": " + std::string(fields[4]), "");
  else if (fields[2] == "0" && fields[3] == "0") package.skip = "no test files";
  return package;
}

}  // namespace

fs::path go_folder(const Suite& suite, const GoSettings& settings) { return settings.is_goroot ? suite.sources / "src" : suite.sources; }

GoSettings read_go_settings(const Suite& suite) {
  const YamlNode& root = suite.config;
  root.allow_only({"suite", "title", "framework", "requires", "limit", "revision", "from", "packages", "sets", "exclude", "short", "goroot", "env",
                   "build-flags", "build-limit", "make"});
  GoSettings settings;
  settings.sets = read_sets(root);
  if (const auto node = root.find("exclude")) settings.exclude = node->as_strings();
  if (const auto node = root.find("build-flags")) settings.build_flags = node->as_strings();
  if (const auto node = root.find("short")) settings.is_short = node->as_bool();
  if (const auto node = root.find("goroot")) settings.is_goroot = node->as_bool();
  if (const auto node = root.find("build-limit")) settings.build_limit = node->as_duration();
  if (const auto node = root.find("make")) settings.make = read_make(suite, *node);
  if (const auto node = root.find("env")) {
    for (const auto& [name, value] : node->entries()) settings.env.push_back(name + "=" + value.as_string());
  }
  return settings;
}

std::vector<std::string> go_environment(const Suite& suite, const GoSettings& settings, const Toolchain& go) {
  std::vector<std::string> env = go.env;
  std::erase_if(env, [](const std::string& entry) { return entry.starts_with("GOFLAGS=") || entry.starts_with("GOROOT="); });
  env.push_back("GOFLAGS=");
  if (settings.is_goroot) env.push_back("GOROOT=" + suite.sources.string());
  env.push_back("PWD=" + go_folder(suite, settings).string());   // else it names folders by other paths, where links lead
  return env;
}

Question package_question(const Suite& suite, const GoSettings& settings, const GoSet& set, const Toolchain& go) {
  Question question;
  question.name = suite.name + " " + set.name + ": go list";
  Job& job = question.job;
  job.kind = JobKind::list;
  job.place = Place::host;
  job.command.argv = {PathRef{go.program}, "list", "-e", "-f", kListTemplate};
  job.command.argv.insert(job.command.argv.end(), set.packages.begin(), set.packages.end());
  job.command.env = go_environment(suite, settings, go);
  job.command.cwd = go_folder(suite, settings);
  job.command.limits.wall = std::chrono::minutes(5);
  return question;
}

std::vector<GoPackage> packages_from(const Answer& answer, const Suite& suite, const GoSettings& settings) {
  if (!exited_with(answer.completion, 0))
    throw Error(ErrorKind::usage, Position{(suite.folder / "suite.yaml").string()},
                "`go list` " + describe(answer.completion.how) + ": " + std::string(trim(answer.completion.err.text)), "");
  std::vector<GoPackage> packages;
  for (const std::string_view line : split(answer.completion.out.text, '\n')) {
    if (line.empty()) continue;
    GoPackage package = package_from(line, suite);
    const auto matches = [&](const std::string& glob) { return glob_match(glob, package.path); };
    if (std::ranges::none_of(settings.exclude, matches)) packages.push_back(std::move(package));
  }
  return packages;
}

std::string other_version(const Suite& suite, const GoSettings& settings, const Toolchain& go) {
  if (!settings.is_goroot) return {};
  const auto text = read_file(suite.sources / "VERSION");
  if (!text) throw Error(ErrorKind::usage, suite.sources.string() + " is no GOROOT: it has no VERSION", "install the suite again, or drop `goroot`");
  const std::string_view version = trim(std::string_view(*text).substr(0, text->find('\n')));
  const auto words = split(go.version, ' ');
  if (std::ranges::find(words, version) != words.end()) return {};
  return "the library is of " + std::string(version) + ", the toolchain says " + go.version;
}

}  // namespace xtest
