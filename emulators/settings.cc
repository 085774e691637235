// SPDX-License-Identifier: Apache-2.0
#include "emulators/settings.h"

#include "runner/base/error.h"

#include <charconv>
#include <fstream>
#include <sstream>

namespace xtest {

std::string setting(const ExecutorSpec& spec, const std::string& key) {
  const auto found = spec.settings.find(key);
  return found == spec.settings.end() ? std::string{} : found->second;
}

int number_of(const ExecutorSpec& spec, const std::string& key, int otherwise) {
  const std::string text = setting(spec, key);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 ? number : otherwise;
}

std::vector<std::string> words_of(const ExecutorSpec& spec, const std::string& key) {
  std::istringstream in(setting(spec, key));
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> overlay_args(const ExecutorSpec& spec) {
  std::vector<std::string> args{"--userns"};
  for (const std::string& overlay : words_of(spec, "overlay")) {
    args.push_back("--overlay");
    args.push_back(overlay);
  }
  if (args.size() > 1 && std::filesystem::exists("/etc/ld.so.cache")) {
    args.push_back("--bind");
    args.push_back("/dev/null:/etc/ld.so.cache");
  }
  return args;
}

void write_program(const std::filesystem::path& file, std::string_view bytes) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << bytes;
    out.flush();
    if (!out) throw Error(ErrorKind::infra, file.string() + " could not be written");
  }
  std::filesystem::permissions(file, std::filesystem::perms(0755), error);
}

}  // namespace xtest
