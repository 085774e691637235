// SPDX-License-Identifier: Apache-2.0
#include "suites/suite.h"

#include "runner/base/error.h"
#include "runner/base/hash.h"
#include "runner/model/result_files.h"
#include "suites/conditions.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuiteFile = "suite.yaml";
constexpr const char* kExpectFile = "expect.yaml";

fs::path absolute_folder(const fs::path& folder) {
  const fs::path path = fs::absolute(folder).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

bool is_name(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string read_name(const YamlNode& node) {
  const std::string name = node.as_string();
  if (!is_name(name)) node.fail("'" + name + "' is no name for a suite", "use letters, digits and - _ . only");
  return name;
}

std::chrono::milliseconds read_limit(const YamlNode& node) {
  const auto limit = node.as_duration();
  if (limit.count() == 0) node.fail("a limit of nothing would let a test hang for ever", "write 10s or another time");
  return limit;
}

std::vector<std::string> read_result_files(const YamlNode& node) {
  std::vector<std::string> patterns = node.as_strings();
  for (const std::string& pattern : patterns) {
    if (!is_result_pattern(pattern))
      node.fail("'" + pattern + "' names no file of a test's own folder",
                "write a relative path of letters, digits and ._+@=,- such as report.xml or logs/*.txt; only its last part may hold * and ?");
  }
  return patterns;
}

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at) {
    const std::string& path = at->path().native();
    const bool is_hidden = path[path.rfind('/') + 1] == '.';
    const bool is_list = at->path() == folder / kExpectFile;   // what is expected of a suite is no part of it
    if (is_hidden && at->is_directory()) at.disable_recursion_pending();
    else if (!is_hidden && !is_list && at->is_regular_file()) files.push_back(path);
  }
  std::ranges::sort(files);
  return files;
}

std::uint64_t add_content(Sha256& hash, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, 1u << 14> block;
  std::uint64_t size = 0;
  while (in.read(block.data(), block.size()) || in.gcount() > 0) {
    size += static_cast<std::uint64_t>(in.gcount());
    hash.update(std::string_view(block.data(), static_cast<std::size_t>(in.gcount())));
  }
  if (!in.eof()) throw Error(ErrorKind::usage, "cannot read " + file, "make the files of the suite readable");
  return size;
}

// Names and sizes go in as well, so that no two folders run together to the same bytes.
std::string digest_of(const fs::path& folder) try {
  Sha256 hash;
  for (const std::string& file : files_below(folder)) {
    hash.update(std::string_view(file).substr(folder.native().size()));
    hash.update(std::string_view("\0", 1));
    hash.update(std::to_string(add_content(hash, file)) + '\n');
  }
  return hash.finish();
} catch (const fs::filesystem_error& error) {
  throw Error(ErrorKind::usage, "cannot read the suite in " + folder.string() + ": " + error.code().message());
}

void add_suite(const fs::path& folder, std::map<std::string, Suite>& into) {
  Suite suite = load_suite(folder);
  const auto known = into.find(suite.name);
  if (known != into.end())
    suite.config.at("suite").fail("the suite '" + suite.name + "' is also in " + known->second.folder.string(),
                                  "give one of them another name");
  into.emplace(suite.name, std::move(suite));
}

}  // namespace

Suite load_suite(const fs::path& folder) {
  const YamlNode root = load_yaml(folder / kSuiteFile);
  Suite suite{.name = read_name(root.at("suite")),
              .title = {},
              .framework = root.at("framework").as_string(),
              .folder = absolute_folder(folder),
              .source = {},
              .sources = absolute_folder(folder),
              .requires_text = {},
              .result_files = {},
              .revision = {},
              .config = root};
  if (const auto title = root.find("title")) suite.title = title->as_string();
  if (const auto limit = root.find("limit")) suite.limit = read_limit(*limit);
  if (const auto condition = root.find("requires")) {
    suite.requires_text = condition->as_string();
    read_condition(*condition);
  }
  if (const auto source = root.find("from")) suite.source = read_source(*source);
  if (const auto files = root.find("result-files")) suite.result_files = read_result_files(*files);
  const auto revision = root.find("revision");
  suite.revision = revision ? revision->as_string() : digest_of(suite.folder);
  return suite;
}

std::vector<Suite> find_suites(const std::vector<fs::path>& roots) {
  std::map<std::string, Suite> found;
  for (const fs::path& root : roots) {
    std::error_code error;
    if (fs::exists(root / kSuiteFile, error)) {
      add_suite(root, found);
      continue;
    }
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(root, error)) {
      if (fs::exists(entry.path() / kSuiteFile, error)) folders.push_back(entry.path());
    }
    if (!fs::is_directory(root))
      throw Error(ErrorKind::usage, "no folder with suites at " + root.string() + ": it is not a folder",
                  "name a folder that holds a suite.yaml, or folders that do");
    std::ranges::sort(folders);
    for (const fs::path& folder : folders) add_suite(folder, found);
  }
  std::vector<Suite> suites;
  for (auto& [name, suite] : found) suites.push_back(std::move(suite));
  return suites;
}

}  // namespace xtest
