// SPDX-License-Identifier: Apache-2.0
// Keeps the head and the tail of a stream of any length in bounded memory and counts what lies between.
//
// Fed by whoever drains a pipe; the pipe is always drained, whatever is kept. take() ends it. Any thread, one at a time.
#pragma once

#include "runner/model/completion.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace xtest {

class Capture {
 public:
  Capture(std::size_t head, std::size_t tail) : head_cap_(head), tail_cap_(tail) {}

  void add(std::string_view bytes);
  Output take();

 private:
  std::size_t head_cap_, tail_cap_;
  std::string head_, tail_;
  std::uint64_t total_ = 0;
};

}  // namespace xtest
