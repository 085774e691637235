// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>
#include <utility>

#include "runner/base/text.h"
#include "runner/base/yaml.h"
#include "runner/base/yaml_tree.h"

namespace xtest {

namespace {

using Item = YamlNode::Item;
using Kind = Item::Kind;

std::string describe(const Item& item) {
  if (item.kind == Kind::map) return "a map";
  if (item.kind == Kind::list) return "a list";
  return (item.quoted ? "the text " : "") + show_scalar(item.text);
}

bool is_plain_decimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string quoted_list(std::span<const std::string> names) {
  return names.empty() ? "none" : "'" + join(names, "', '") + "'";
}

}  // namespace

YamlNode::Document::Document(std::string file, std::string content) : name(std::move(file)), text(std::move(content)) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts.push_back(i + 1);
  }
}

Position YamlNode::Document::at(std::size_t offset) const {
  const auto next = std::ranges::upper_bound(line_starts, offset);
  const auto line = next - line_starts.begin();
  return {name, static_cast<int>(line), static_cast<int>(offset - *std::prev(next)) + 1};
}

void YamlNode::Document::fail(std::size_t offset, const std::string& what, const std::string& remedy) const {
  throw Error(ErrorKind::usage, at(offset), what, remedy);
}

std::string show_scalar(std::string_view text) {
  std::string shown = xml_clean(text.substr(0, 60));
  std::ranges::replace(shown, '\n', ' ');
  return "'" + shown + (text.size() > 60 ? "..." : "") + "'";
}

YamlNode::YamlNode(std::shared_ptr<const Document> document, const Item* item)
    : document_(std::move(document)), item_(item) {}

Position YamlNode::where() const { return document_->at(item_->offset); }

bool YamlNode::is_map() const { return item_->kind == Kind::map; }
bool YamlNode::is_list() const { return item_->kind == Kind::list; }
bool YamlNode::is_scalar() const { return item_->kind == Kind::scalar; }

std::string YamlNode::as_string() const {
  if (!is_scalar()) mismatch("a text");
  return item_->text;
}

std::int64_t YamlNode::as_int(std::int64_t least, std::int64_t most) const {
  const std::string& text = plain("a whole number");
  if (!is_plain_decimal(text)) mismatch("a whole number", "write plain decimal digits, as in 42");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < least || value > most) {
    mismatch("a number between " + std::to_string(least) + " and " + std::to_string(most));
  }
  return value;
}

bool YamlNode::as_bool() const {
  const std::string& text = plain("true or false");
  if (text != "true" && text != "false") mismatch("true or false");
  return text == "true";
}

std::chrono::milliseconds YamlNode::as_duration() const {
  const auto duration = parse_duration(plain("a duration"));
  if (!duration) mismatch("a duration", "write a whole number and ms, s, m or h, as in 200ms or 5s");
  return *duration;
}

std::vector<std::string> YamlNode::as_strings() const {
  if (is_scalar()) return {item_->text};
  if (!is_list()) mismatch("a text or a list of texts");
  std::vector<std::string> out;
  for (const Item* item : item_->items) out.push_back(node(item).as_string());
  return out;
}

std::vector<YamlNode> YamlNode::items() const {
  if (!is_list()) mismatch("a list");
  std::vector<YamlNode> out;
  for (const Item* item : item_->items) out.push_back(node(item));
  return out;
}

std::vector<std::pair<std::string, YamlNode>> YamlNode::entries() const {
  std::vector<std::pair<std::string, YamlNode>> out;
  for (const Item::Entry& entry : map().entries) out.emplace_back(entry.key, node(entry.value));
  return out;
}

std::optional<YamlNode> YamlNode::find(std::string_view key) const {
  const auto found = map().index.find(key);
  if (found == item_->index.end()) return std::nullopt;
  return node(item_->entries[found->second].value);
}

YamlNode YamlNode::at(std::string_view key) const {
  if (const auto found = find(key)) return *found;
  fail(label() + " lacks the key " + show_scalar(key), "add '" + std::string(key) + ":' and its value");
}

void YamlNode::allow_only(std::initializer_list<std::string_view> keys) const {
  const std::vector<std::string> known(keys.begin(), keys.end());
  for (const Item::Entry& entry : map().entries) {
    if (std::ranges::find(known, entry.key) != known.end()) continue;
    const auto near = nearest(entry.key, known);
    document_->fail(entry.key_offset, "unknown key " + show_scalar(entry.key) + " in " + label(),
                    near ? "did you mean '" + *near + "'?" : "the known keys are " + quoted_list(known));
  }
}

void YamlNode::fail(const std::string& what, const std::string& remedy) const {
  document_->fail(item_->offset, what, remedy);
}

const Item& YamlNode::map() const {
  if (!is_map()) mismatch("a map");
  return *item_;
}

const std::string& YamlNode::plain(std::string_view wanted) const {
  if (!is_scalar()) mismatch(wanted);
  if (item_->quoted) mismatch(wanted, "remove the quotes, a quoted value is always a text");
  return item_->text;
}

YamlNode YamlNode::node(const Item* item) const { return {document_, item}; }

std::string YamlNode::label() const { return item_->label; }

void YamlNode::mismatch(std::string_view wanted, const std::string& remedy) const {
  fail(label() + " must be " + std::string(wanted) + ", not " + describe(*item_), remedy);
}

}  // namespace xtest
