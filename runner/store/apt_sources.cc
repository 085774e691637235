// SPDX-License-Identifier: Apache-2.0
#include "runner/store/apt_sources.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "runner/base/files.h"
#include "runner/base/text.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) out.push_back(word);
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

bool is_key(std::string_view text) { return text.find("-----BEGIN") != text.npos; }

/// `[signed-by=/a/keyring trusted=yes]`
void read_options(std::string_view text, AptSource& source) {
  for (const std::string& option : words(text)) {
    const std::size_t equals = option.find('=');
    if (equals == option.npos) continue;
    const std::string name = lower(option.substr(0, equals));
    if (name == "signed-by") source.signed_by = option.substr(equals + 1);
    if (name == "trusted") source.trusted = option.substr(equals + 1) == "yes";
  }
}

std::optional<AptSource> read_line(std::string_view line) {
  std::string_view rest = trim(line.substr(0, line.find('#')));
  if (!rest.starts_with("deb ") && !rest.starts_with("deb\t")) return std::nullopt;
  rest = trim(rest.substr(3));
  AptSource source;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == rest.npos) return std::nullopt;
    read_options(rest.substr(1, end - 1), source);
    rest = trim(rest.substr(end + 1));
  }
  const auto parts = words(rest);
  if (parts.size() < 2) return std::nullopt;
  source.uri = parts[0];
  source.suites = {parts[1]};
  source.components.assign(parts.begin() + 2, parts.end());
  return source;
}

using Stanza = std::map<std::string, std::string>;

/// A key of several lines: each begins with a blank, and ` .` stands for an empty one.
std::string read_key(std::string_view field) {
  std::string out;
  for (const std::string_view line : split(field, '\n')) {
    const std::string_view content = trim(line);
    if (out.empty() && content.empty()) continue;
    if (content != ".") out += content;
    out += '\n';
  }
  return out;
}

void add_sources(Stanza& stanza, std::vector<AptSource>& out) {
  if (contains(words(stanza["types"]), "deb") && lower(trim(stanza["enabled"])) != "no") {
    AptSource source;
    source.suites = words(stanza["suites"]);
    source.components = words(stanza["components"]);
    source.trusted = trim(stanza["trusted"]) == "yes";
    if (is_key(stanza["signed-by"]))
      source.key = read_key(stanza["signed-by"]);
    else if (const auto keyrings = words(stanza["signed-by"]); !keyrings.empty())
      source.signed_by = join(keyrings, ",");
    for (const std::string& uri : words(stanza["uris"])) {
      source.uri = uri;
      out.push_back(source);
    }
  }
  stanza.clear();
}

std::vector<fs::path> sorted_files(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

bool is_distribution(std::string uri) {
  while (uri.ends_with('/')) uri.pop_back();
  return uri.ends_with("/debian") || uri.ends_with("/ubuntu") || uri.ends_with("/ubuntu-ports");
}

}  // namespace

std::vector<AptSource> parse_one_line_sources(std::string_view text) {
  std::vector<AptSource> out;
  for (const std::string_view line : split(text, '\n'))
    if (auto source = read_line(line)) out.push_back(*std::move(source));
  return out;
}

std::vector<AptSource> parse_deb822_sources(std::string_view text) {
  std::vector<AptSource> out;
  Stanza stanza;
  std::string field;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) {
      add_sources(stanza, out);
    } else if (line[0] == '#') {
      continue;
    } else if (line[0] == ' ' || line[0] == '\t') {
      stanza[field] += '\n' + std::string(line);
    } else if (const std::size_t colon = line.find(':'); colon != line.npos) {
      field = lower(line.substr(0, colon));
      stanza[field] = line.substr(colon + 1);
    }
  }
  add_sources(stanza, out);
  return out;
}

std::vector<AptSource> read_apt_sources(const fs::path& etc) {
  auto out = parse_one_line_sources(read_file(etc / "sources.list").value_or(""));
  for (const fs::path& file : sorted_files(etc / "sources.list.d")) {
    const std::string text = read_file(file).value_or("");
    auto more = file.extension() == ".sources" ? parse_deb822_sources(text)
                : file.extension() == ".list"  ? parse_one_line_sources(text)
                                               : std::vector<AptSource>();
    std::ranges::move(more, std::back_inserter(out));
  }
  return out;
}

std::optional<AptSource> source_for(const std::vector<AptSource>& sources, std::string_view suite) {
  for (const bool exact : {true, false})
    for (const AptSource& source : sources)
      if (contains(source.components, "main") && (exact ? contains(source.suites, suite) : is_distribution(source.uri)))
        return source;
  return std::nullopt;
}

}  // namespace xtest
