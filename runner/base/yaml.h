// SPDX-License-Identifier: Apache-2.0
//
// The typed reader of every YAML file in xtest, and the only user of yaml-cpp. It
// accepts a small, predictable part of YAML: one document of maps, lists and
// scalars; no null, tag, merge key, duplicate key, BOM, CR or control character,
// with limits on size, depth and what aliases expand to. A quoted scalar is a
// string and nothing else; numbers are plain decimals; only true and false are
// booleans. Whatever is wrong is an Error{usage} that names file:line:column.
// A YamlNode is a cheap immutable value that keeps its document alive; any
// thread may read it. Readers hand out structs and do not store nodes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runner/base/error.h"

namespace xtest {

class YamlNode {
 public:
  struct Document;  // defined in yaml.cc
  struct Item;

  YamlNode(std::shared_ptr<const Document> document, const Item* item);

  Position where() const;

  bool is_map() const;
  bool is_list() const;
  bool is_scalar() const;

  /// Any scalar, quoted or plain, as it is written.
  std::string as_string() const;
  /// Plain decimal between the bounds: no 010, 0x10, 1_000, +1.
  std::int64_t as_int(std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                      std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
  /// Plain true or false.
  bool as_bool() const;
  /// Plain 200ms, 5s, 2m, 1h.
  std::chrono::milliseconds as_duration() const;
  /// A list of scalars, or one scalar standing for a list of one.
  std::vector<std::string> as_strings() const;

  /// The members of a list.
  std::vector<YamlNode> items() const;
  /// The members of a map, in the order of the file.
  std::vector<std::pair<std::string, YamlNode>> entries() const;
  /// The member of a map with this key, if it is there.
  std::optional<YamlNode> find(std::string_view key) const;
  /// The same, but its absence is an Error at the map's place.
  YamlNode at(std::string_view key) const;
  /// Any other key of this map is an Error that names the nearest of these.
  void allow_only(std::initializer_list<std::string_view> keys) const;

  /// Throws Error{usage} at this place.
  [[noreturn]] void fail(const std::string& what, const std::string& remedy = {}) const;

 private:
  const Item& map() const;
  const std::string& plain(std::string_view wanted) const;
  YamlNode node(const Item* item) const;
  std::string label() const;
  [[noreturn]] void mismatch(std::string_view wanted, const std::string& remedy = {}) const;

  std::shared_ptr<const Document> document_;
  const Item* item_;
};

/// Reads a regular file of at most 1 MiB.
YamlNode load_yaml(const std::filesystem::path& path);

/// `name` stands for the file in positions.
YamlNode parse_yaml(std::string text, std::string name);

}  // namespace xtest
