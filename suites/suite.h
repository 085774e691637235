// SPDX-License-Identifier: Apache-2.0
// What we test: a suite, read from its suite.yaml (suites/NAME/ or a user's own folder), plain data.
#pragma once

#include "runner/base/yaml.h"
#include "suites/source.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct Suite {
  std::string name;
  std::string title;
  std::string framework;              // "probe", "exit-code", ...
  std::filesystem::path folder;       // where suite.yaml lies
  std::optional<SuiteSource> source;  // key `from`: of tests that others wrote
  std::filesystem::path sources;      // where the tests lie: `folder`, or what was made of `source` (absolute)
  std::string requires_text;          // feature expression for the whole suite, may be empty
  std::chrono::milliseconds limit{10000};   // per test, on the host's own speed
  std::vector<std::string> result_files;    // patterns of what a test leaves in its folder (runner/model/result_files.h)
  std::string revision;               // digest of its files, or the upstream's version
  YamlNode config;                    // the framework's own keys, read by it
};

// Reads FOLDER/suite.yaml. Throws Error{usage} with file:line:column.
Suite load_suite(const std::filesystem::path& folder);

// The folders below `roots` that hold a suite.yaml, by suite name; a name that appears twice is an error.
std::vector<Suite> find_suites(const std::vector<std::filesystem::path>& roots);

}  // namespace xtest
