// SPDX-License-Identifier: Apache-2.0
//
// What a YamlNode points into: the tree that yaml.cc builds and yaml_node.cc
// reads. Nobody else includes this. A Document owns its text and all items; both
// are written by the builder alone, while nobody else knows them, and never after.
// Places are kept as offsets, and become positions when somebody asks.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/yaml.h"

namespace xtest {

struct YamlNode::Item {
  struct Entry {
    std::string key;
    std::size_t key_offset;
    const Item* value;
  };

  enum class Kind { scalar, list, map };

  Kind kind = Kind::scalar;
  bool quoted = false;
  bool complete = false;
  std::size_t offset = 0;
  std::size_t weight = 1;  // nodes in it, aliases expanded
  std::size_t height = 0;  // levels of containers in it
  std::string label;
  std::string text;
  std::vector<const Item*> items;
  std::vector<Entry> entries;
  std::map<std::string, std::size_t, std::less<>> index;  // key to place in entries
};

/// The text and everything read from it; offsets become positions only in errors.
struct YamlNode::Document {
  std::string name;
  std::string text;
  std::vector<std::size_t> line_starts{0};
  std::deque<Item> arena;
  const Item* root = nullptr;

  Document(std::string file, std::string content);

  Position at(std::size_t offset) const;
  [[noreturn]] void fail(std::size_t offset, const std::string& what, const std::string& remedy = {}) const;
};

/// A scalar for a message: in quotes, one line, not too long.
std::string show_scalar(std::string_view text);

}  // namespace xtest
