// SPDX-License-Identifier: Apache-2.0
#include "runner/base/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "runner/base/text.h"
#include "runner/base/utf8.h"
#include "runner/base/yaml_tree.h"

namespace xtest {

namespace {

using Document = YamlNode::Document;
using Item = YamlNode::Item;
using Kind = Item::Kind;

constexpr std::size_t largest_file = 1 << 20;
constexpr std::size_t deepest = 64;
constexpr std::size_t most_nodes = 250'000;  // aliases count as what they stand for

/// Whether the quoted scalar at `at` (perhaps behind its &anchor) ends. yaml-cpp takes the
/// end of the file for the missing quote.
bool has_closing_quote(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '&') at = text.find_first_not_of(" \n\t", text.find_first_of(" \n\t", at));
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return true;
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    const bool doubled = quote == '\'' && text.substr(at).starts_with("''");
    const bool escaped = quote == '"' && text[at] == '\\';
    if (doubled || escaped)
      ++at;
    else if (text[at] == quote)
      return true;
  }
  return false;
}

/// Builds the tree from yaml-cpp's events and refuses what its own Node would swallow.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(Document& document) : document_(document) {}

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Item* item;
    std::size_t nodes_before;
    std::optional<std::string> key;  // of a map: waits for its value
    std::size_t key_offset = 0;
  };

  std::size_t offset_of(const YAML::Mark& mark) const;
  bool expects_key() const;
  std::string label() const;
  void refuse_tag(std::size_t offset, const std::string& tag) const;
  void count(std::size_t offset, std::size_t nodes);
  Item& make(Kind kind, std::size_t offset, YAML::anchor_t anchor);
  void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void close();
  void take_key(std::size_t offset, const std::string& key, bool quoted);
  void attach(const Item& item);

  Document& document_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Item*> anchors_;
  std::size_t nodes_ = 0;
};

std::size_t Builder::offset_of(const YAML::Mark& mark) const {
  return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), document_.text.size());
}

bool Builder::expects_key() const {
  return !stack_.empty() && stack_.back().item->kind == Kind::map && !stack_.back().key;
}

std::string Builder::label() const {
  if (stack_.empty()) return "the document";
  const Frame& frame = stack_.back();
  return frame.key ? show_scalar(*frame.key) : "a member of " + frame.item->label;
}

void Builder::refuse_tag(std::size_t offset, const std::string& tag) const {
  const bool written = offset < document_.text.size() && document_.text[offset] == '!';
  if (written || (tag != "?" && tag != "!" && !tag.empty())) {
    document_.fail(offset, "tags are not supported",
                   "remove the tag; put a text that looks like something else into quotes");
  }
}

void Builder::count(std::size_t offset, std::size_t nodes) {
  nodes_ += nodes;
  if (nodes_ > most_nodes) {
    document_.fail(offset, "more than " + std::to_string(most_nodes) + " values, counting what aliases stand for",
                   "use fewer aliases, or split the file");
  }
}

Item& Builder::make(Kind kind, std::size_t offset, YAML::anchor_t anchor) {
  count(offset, 1);
  Item& item = document_.arena.emplace_back();
  item.kind = kind;
  item.offset = offset;
  item.label = label();
  if (anchor != YAML::NullAnchor) anchors_[anchor] = &item;
  return item;
}

void Builder::open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
  const std::size_t offset = offset_of(mark);
  refuse_tag(offset, tag);
  if (expects_key()) document_.fail(offset, "a key must be a text, not a list or map", "write a name before the colon");
  if (stack_.size() == deepest) {
    document_.fail(offset, "nested deeper than " + std::to_string(deepest) + " levels", "make the structure flatter");
  }
  const std::size_t before = nodes_;
  Item& item = make(kind, offset, anchor);
  stack_.push_back({&item, before, std::nullopt, 0});
}

void Builder::close() {
  const Frame frame = std::move(stack_.back());
  stack_.pop_back();
  frame.item->weight = nodes_ - frame.nodes_before;
  frame.item->height += 1;
  attach(*frame.item);
  frame.item->complete = true;
}

void Builder::take_key(std::size_t offset, const std::string& key, bool quoted) {
  Frame& frame = stack_.back();
  if (!quoted && key == "<<") {
    document_.fail(offset, "merge keys '<<' are not supported", "write the members out, or put \"<<\" into quotes");
  }
  if (const auto found = frame.item->index.find(key); found != frame.item->index.end()) {
    const Position first = document_.at(frame.item->entries[found->second].key_offset);
    document_.fail(offset, "key " + show_scalar(key) + " is there twice, first in line " + std::to_string(first.line),
                   "remove one of the two");
  }
  frame.key = key;
  frame.key_offset = offset;
}

void Builder::attach(const Item& item) {
  if (stack_.empty()) {
    document_.root = &item;
    return;
  }
  Frame& frame = stack_.back();
  frame.item->height = std::max(frame.item->height, item.height);
  if (frame.item->kind == Kind::list) {
    frame.item->items.push_back(&item);
    return;
  }
  frame.item->index.emplace(*frame.key, frame.item->entries.size());
  frame.item->entries.push_back({std::move(*frame.key), frame.key_offset, &item});
  frame.key.reset();
}

void Builder::OnDocumentStart(const YAML::Mark& mark) {
  if (document_.root != nullptr) {
    document_.fail(offset_of(mark), "a second document, or text after the end of the first",
                   "put it into a file of its own, or check the indentation");
  }
  for (const std::string_view line : split(std::string_view(document_.text).substr(0, offset_of(mark)), '\n')) {
    if (!line.starts_with('%')) continue;
    const auto offset = static_cast<std::size_t>(line.data() - document_.text.data());
    document_.fail(offset, "directives are not supported", "remove the line that begins with '%'");
  }
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t) {
  const std::string remedy = "give it a value or leave it out; an empty list is [], an empty text is \"\"";
  if (expects_key()) document_.fail(offset_of(mark), "a null cannot be a key", "put it into quotes if it is a text");
  if (!stack_.empty() && stack_.back().key) {
    const std::size_t key_offset = stack_.back().key_offset;
    // yaml-cpp's way to end a list in brackets at the end of the file.
    if (key_offset == offset_of(mark)) document_.fail(key_offset, "no ',' or ']' after " + label(), "close the list");
    document_.fail(key_offset, label() + " has no value", remedy);
  }
  // For an empty member, the mark is where the next thing begins: go back to its dash or comma.
  const std::size_t here = std::string_view(document_.text).substr(0, offset_of(mark)).find_last_not_of(" \n");
  document_.fail(stack_.empty() || here == std::string_view::npos ? offset_of(mark) : here, label() + " has no value",
                 remedy);
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const std::size_t offset = offset_of(mark);
  const auto found = anchors_.find(anchor);
  if (expects_key()) document_.fail(offset, "a key cannot be an alias", "write the key out");
  if (found == anchors_.end() || !found->second->complete) {
    document_.fail(offset, "an alias stands for something that contains it", "write the value out");
  }
  if (stack_.size() + found->second->height > deepest) {
    document_.fail(offset, "nested deeper than " + std::to_string(deepest) + " levels", "make the structure flatter");
  }
  count(offset, found->second->weight);
  attach(*found->second);
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
  const std::size_t offset = offset_of(mark);
  refuse_tag(offset, tag);
  if (value.find('\0') != std::string::npos) document_.fail(offset, "a text with a NUL character", "remove the \\0");
  const bool quoted = tag == "!";
  if (quoted && !has_closing_quote(document_.text, offset))
    document_.fail(offset, "a quote that is never closed", "close it");
  const bool key = expects_key();
  Item& item = make(Kind::scalar, offset, anchor);
  item.text = value;
  item.quoted = quoted;
  item.complete = true;
  if (key)
    take_key(offset, value, item.quoted);
  else
    attach(item);
}

void Builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                              YAML::EmitterStyle::value) {
  open(Kind::list, mark, tag, anchor);
}

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) {
  open(Kind::map, mark, tag, anchor);
}

/// yaml-cpp guesses encodings from the first bytes and takes 0x04 for the end of the file.
void refuse_odd_bytes(const Document& document) {
  const std::string& text = document.text;
  if (text.size() > largest_file) {
    throw Error(ErrorKind::usage, {document.name, 1, 1}, "larger than 1 MiB", "split the file");
  }
  if (text.starts_with("\xEF\xBB\xBF"))
    document.fail(0, "begins with a byte order mark", "save it as UTF-8 without one");
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = decode_utf8(text, at);
    if (!step.valid)
      document.fail(at, "a byte that is not UTF-8: " + repair_utf8(text.substr(at, 1)), "save the file as UTF-8");
    if (step.code == '\r') document.fail(at, "a carriage return", "save the file with Unix line ends (LF)");
    const bool control = step.code < 0x20 || (step.code >= 0x7F && step.code <= 0x9F);
    if (control && step.code != '\n' && step.code != '\t') {
      document.fail(at, "a control character", "remove it, or write it as an escape inside double quotes");
    }
    at += step.length;
  }
}

void build(Document& document) {
  Builder builder(document);
  std::istringstream stream(document.text);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    const std::size_t offset = error.mark.is_null() ? 0 : static_cast<std::size_t>(std::max(error.mark.pos, 0));
    document.fail(std::min(offset, document.text.size()), "not valid YAML: " + error.msg,
                  "check the indentation, the quotes and the colons here");
  }
  if (document.root == nullptr) document.fail(0, "the file is empty", "write at least one key and its value");
}

std::string read_file(const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& why, const std::string& remedy) {
    throw Error(ErrorKind::usage, {path.string(), 0, 0}, "cannot be read: " + why, remedy);
  };
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  const bool missing = status.type() == std::filesystem::file_type::not_found;
  if (missing) refuse("no such file", "check the spelling of the path");
  if (!std::filesystem::exists(status)) refuse(error.message(), "check the path and its permissions");
  if (std::filesystem::is_directory(status)) refuse("it is a directory", "name a YAML file in it");
  if (!std::filesystem::is_regular_file(status)) refuse("it is not a regular file", "name a YAML file");
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(std::strerror(errno), "check its permissions");
  std::string text(largest_file + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) refuse("input error", "check the disk");
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

YamlNode load_yaml(const std::filesystem::path& path) { return parse_yaml(read_file(path), path.string()); }

YamlNode parse_yaml(std::string text, std::string name) {
  const auto document = std::make_shared<Document>(std::move(name), std::move(text));
  refuse_odd_bytes(*document);
  build(*document);
  return {document, document->root};
}

}  // namespace xtest
