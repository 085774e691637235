// SPDX-License-Identifier: Apache-2.0
#include "suites/libtest_suite.h"

#include "suites/conditions.h"

#include <algorithm>
#include <cctype>

namespace xtest {
namespace {

using Words = std::vector<std::string>;

constexpr std::chrono::minutes kBuildLimit{15}, kJobLimit{5};

std::string read_crate_name(const YamlNode& node, const std::string& name) {
  const bool good = !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (!good) node.fail("'" + name + "' is no name of a crate", "use letters, digits and _ only");
  return name;
}

Words read_env(const YamlNode& node) {
  Words env;
  for (const auto& [name, value] : node.entries()) env.push_back(name + "=" + value.as_string());
  return env;
}

void append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

struct Defaults {
  std::string edition = "2021";
  Words flags, build_env;
};

LibtestCrate read_crate(const Suite& suite, const std::string& name, const YamlNode& node, const Defaults& defaults) {
  node.allow_only({"root", "edition", "flags", "cfg", "extern", "build-env"});
  LibtestCrate crate{read_crate_name(node, name), suite.sources / node.at("root").as_string(), defaults.edition, defaults.flags, {}, defaults.build_env};
  if (const auto edition = node.find("edition")) crate.edition = edition->as_string();
  if (const auto flags = node.find("flags")) append(crate.flags, flags->as_strings());
  if (const auto cfg = node.find("cfg")) {
    for (const std::string& word : cfg->as_strings()) append(crate.flags, {"--cfg", word});
  }
  if (const auto uses = node.find("extern")) crate.uses = uses->as_strings();
  if (const auto env = node.find("build-env")) append(crate.build_env, read_env(*env));
  return crate;
}

// A library can only use what stands before it; every other name is the toolchain's.
void refuse_later_crates(const YamlNode& node, const LibtestCrate& crate, const std::vector<std::string>& later) {
  for (const std::string& used : crate.uses) {
    if (std::ranges::find(later, used) != later.end())
      node.fail("crate " + crate.name + " uses " + used + ", which is built after it", "write " + used + " before " + crate.name);
  }
}

void read_crates(const Suite& suite, const YamlNode& node, const Defaults& defaults, LibtestSuite& into) {
  std::vector<std::string> later;
  for (const auto& [name, crate] : node.entries()) later.push_back(name);
  for (const auto& [name, crate] : node.entries()) {
    into.crates.push_back(read_crate(suite, name, crate, defaults));
    refuse_later_crates(crate, into.crates.back(), later);
    later.erase(later.begin());
  }
}

LibtestFormat read_format(const YamlNode& node) {
  const std::string word = node.as_string();
  if (word != "json" && word != "text") node.fail("format is json or text");
  return word == "json" ? LibtestFormat::json : LibtestFormat::text;
}

void read_running(const YamlNode& root, LibtestSuite& settings) {
  if (const auto format = root.find("format")) settings.format = read_format(*format);
  if (const auto threads = root.find("threads")) settings.threads = static_cast<int>(threads->as_int(1, 256));
  if (const auto processes = root.find("processes")) settings.processes = static_cast<int>(processes->as_int(1, 256));
  const auto build_limit = root.find("build-limit"), job_limit = root.find("job-limit");
  settings.build_limit = build_limit ? build_limit->as_duration() : kBuildLimit;
  settings.job_limit = job_limit ? job_limit->as_duration() : kJobLimit;
  if (const auto env = root.find("env")) settings.env = read_env(*env);
  const auto has = [&](std::string_view name) { return std::ranges::any_of(settings.env, [&](const auto& entry) { return entry.starts_with(name); }); };
  if (!has("RUST_BACKTRACE=")) settings.env.emplace_back("RUST_BACKTRACE=0");
  if (settings.format == LibtestFormat::json && !has("RUSTC_BOOTSTRAP=")) settings.env.emplace_back("RUSTC_BOOTSTRAP=1");
  if (const auto arguments = root.find("arguments")) settings.arguments = arguments->as_strings();
  for (const std::string& argument : settings.arguments) {
    if (!argument.starts_with("-")) root.at("arguments").fail("'" + argument + "' would select tests", "write options such as --include-ignored; tests are selected by `xtest run`");
  }
}

}  // namespace

const LibtestCrate* LibtestSuite::crate(const std::string& name) const {
  const auto found = std::ranges::find(crates, name, &LibtestCrate::name);
  return found == crates.end() ? nullptr : &*found;
}

LibtestSuite read_libtest_suite(const Suite& suite) {
  const YamlNode& root = suite.config;
  root.allow_only({"suite", "title", "framework", "requires", "limit", "result-files", "revision", "from", "rustc", "edition", "flags",
                   "env", "build-env", "build-limit", "job-limit", "format", "threads", "processes", "arguments", "crates", "tests"});
  LibtestSuite settings;
  Defaults defaults;
  if (const auto edition = root.find("edition")) defaults.edition = edition->as_string();
  if (const auto flags = root.find("flags")) defaults.flags = flags->as_strings();
  if (const auto env = root.find("build-env")) defaults.build_env = read_env(*env);
  if (const auto rustc = root.find("rustc")) settings.rustc = rustc->as_string();
  if (const auto condition = root.find("requires")) settings.condition = read_condition(*condition);
  if (const auto crates = root.find("crates")) read_crates(suite, *crates, defaults, settings);
  const YamlNode tests = root.at("tests");
  for (const auto& [name, node] : tests.entries()) settings.tests.push_back(read_crate(suite, name, node, defaults));
  if (settings.tests.empty()) tests.fail("a suite needs at least one test crate");
  read_running(root, settings);
  return settings;
}

}  // namespace xtest
