// SPDX-License-Identifier: Apache-2.0
// The files of one run as they come from where it ran: each is written to a file here, piece by piece.
//
// Whatever cannot be written, or does not come whole, is said of that file and changes nothing else. One owner.
#pragma once

#include "runner/base/fd.h"
#include "runner/model/completion.h"
#include "runner/model/result_files.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

class ResultFiles {
 public:
  explicit ResultFiles(ResultWish wish) : wish_(std::move(wish)) {}

  // In this order, for each file. False: this makes no sense, nobody has asked for such a file.
  bool begin(std::string name);                       // or a pattern, of a file whose name cannot be told
  bool take(std::string_view bytes);
  bool end(std::uint64_t size, const std::string& why);   // `why` it was not sent, or nothing

  bool is_between_files() const { return !is_open_; }
  std::vector<ResultFile> finish();                   // by name, with what has been asked for and was not there

 private:
  void write(std::string_view bytes);

  ResultWish wish_;
  std::vector<ResultFile> files_;
  bool is_open_ = false;
  UniqueFd fd_;
  std::uint64_t written_ = 0, all_ = 0;
};

}  // namespace xtest
