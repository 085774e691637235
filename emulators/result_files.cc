// SPDX-License-Identifier: Apache-2.0
#include "emulators/result_files.h"

#include "runner/base/files.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <system_error>
#include <utility>

namespace xtest {

bool ResultFiles::begin(std::string name) {
  const bool is_wanted = std::ranges::any_of(wish_.patterns, [&](const std::string& pattern) {
    return name == pattern || matches_result(pattern, name);
  });
  if (is_open_ || !is_wanted || files_.size() > most_result_files) return false;
  is_open_ = true;
  written_ = 0;
  files_.push_back({std::move(name), 0, {}, {}, {}});
  return true;
}

bool ResultFiles::take(std::string_view bytes) {
  if (!is_open_) return false;
  written_ += bytes.size();
  all_ += bytes.size();
  if (written_ > wish_.most_of_one || all_ > wish_.most_of_all) return false;
  if (files_.back().trouble.empty()) write(bytes);
  return true;
}

void ResultFiles::write(std::string_view bytes) {
  ResultFile& file = files_.back();
  if (!fd_) {
    std::error_code ignored;
    std::filesystem::create_directories(wish_.folder, ignored);
    file.host = wish_.folder / std::to_string(files_.size());
    fd_ = UniqueFd(::open(file.host.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  }
  const int error = fd_ ? write_all(fd_.get(), bytes).error : errno;
  if (error != 0) file.trouble = "it could not be written here: " + std::string(std::strerror(error));
}

bool ResultFiles::end(std::uint64_t size, const std::string& why) {
  if (!std::exchange(is_open_, false)) return false;
  ResultFile& file = files_.back();
  file.size = size;
  const std::string cut = "only " + std::to_string(written_) + " of its " + std::to_string(size) + " bytes could be read";
  if (!why.empty()) file.trouble = why;
  else if (file.trouble.empty() && written_ != size) file.trouble = cut;
  else if (file.trouble.empty() && size == 0) write("");
  fd_.reset();
  if (file.trouble.empty()) return true;
  std::error_code ignored;
  if (const auto part = std::exchange(file.host, {}); !part.empty()) std::filesystem::remove(part, ignored);
  return true;
}

std::vector<ResultFile> ResultFiles::finish() {
  for (const std::string& pattern : wish_.patterns) {
    const auto is_of_it = [&](const ResultFile& file) { return file.name == pattern || matches_result(pattern, file.name); };
    if (std::ranges::none_of(files_, is_of_it)) files_.push_back({pattern, 0, {}, {}, "the program left no such file"});
  }
  std::ranges::stable_sort(files_, {}, &ResultFile::name);
  return std::exchange(files_, {});
}

}  // namespace xtest
