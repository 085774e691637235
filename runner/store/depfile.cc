// SPDX-License-Identifier: Apache-2.0
#include "runner/store/depfile.h"

#include <algorithm>
#include <set>

namespace xtest {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Words of a makefile; a line's end and the colon behind its targets are words of their own.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  enum class Kind { name, colon, line_end, end };

  Kind next(std::string& name) {
    skip_blanks();
    if (at_ >= text_.size()) return Kind::end;
    if (text_[at_] == '\n') return ++at_, Kind::line_end;
    if (is_colon()) return ++at_, Kind::colon;
    name.clear();
    while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '\n' && !is_colon() && !is_continuation())
      take(name);
    return Kind::name;
  }

 private:
  char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }
  bool is_colon() const { return text_[at_] == ':' && (is_blank(peek(1)) || peek(1) == '\n' || is_continuation(1)); }
  bool is_continuation(std::size_t ahead = 0) const {
    return peek(ahead) == '\\' && at_ + ahead + 1 < text_.size() &&
           (peek(ahead + 1) == '\n' || (peek(ahead + 1) == '\r' && peek(ahead + 2) == '\n'));
  }
  void skip_blanks() {
    while (at_ < text_.size()) {
      if (is_continuation())
        at_ += peek(1) == '\r' ? 3 : 2;
      else if (is_blank(text_[at_]))
        ++at_;
      else if (text_[at_] == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else
        return;
    }
  }
  void take(std::string& name) {
    if (text_[at_] == '$' && peek(1) == '$') {
      name += '$';
      at_ += 2;
    } else if (text_[at_] == '\\') {
      take_backslashes(name);
    } else {
      name += text_[at_++];
    }
  }
  void take_backslashes(std::string& name) {
    std::size_t count = 0;
    while (peek(count) == '\\' && !is_continuation(count)) ++count;
    const char after = peek(count);
    at_ += count;
    if (after == ' ' || after == '\t') {
      name.append(count / 2, '\\');
      if (count % 2 == 1) name += text_[at_++];
    } else if (after == '#' || after == ':') {
      name.append(count - 1, '\\');
      name += text_[at_++];
    } else {
      name.append(count, '\\');
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string> parse_depfile(std::string_view text) {
  std::vector<std::string> out;
  std::set<std::string> known;
  Words words(text);
  std::string name;
  bool behind_colon = false;
  for (;;) {
    switch (words.next(name)) {
      case Words::Kind::end:
        return out;
      case Words::Kind::line_end:
        behind_colon = false;
        break;
      case Words::Kind::colon:
        behind_colon = true;
        break;
      case Words::Kind::name:
        if (behind_colon && known.insert(name).second) out.push_back(name);
        break;
    }
  }
}

}  // namespace xtest
