// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/key_texts.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/text.h"

namespace xtest {
namespace {

std::string indented(const std::string& key, const std::string& blanks) {
  std::string text;
  for (const auto line : split(trim(key), '\n')) text += (text.empty() ? "" : "\n" + blanks) + std::string(line);
  return text;
}

void replace_all(std::string& text, const std::string& mark, const std::string& key) {
  for (auto at = text.find(mark); at != text.npos; at = text.find(mark, at)) {
    const auto line = text.rfind('\n', at) + 1;
    const auto blanks = text.substr(line, text.find_first_not_of(' ', line) - line);
    const std::string value = indented(key, blanks);
    text.replace(at, mark.size(), value);
    at += value.size();
  }
}

}  // namespace

std::string with_keys(const std::string& text, const MadeImage& image) {
  const auto host = read_file(image.private_host_key());
  if (!host) throw Error(ErrorKind::infra, "cannot read " + image.private_host_key().string());
  std::string result = text;
  replace_all(result, "@USER_KEY@", image.public_user_key());
  replace_all(result, "@HOST_KEY_PUBLIC@", image.host_key());
  replace_all(result, "@HOST_KEY@", *host);
  return result;
}

}  // namespace xtest
