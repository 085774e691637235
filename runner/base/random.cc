// SPDX-License-Identifier: Apache-2.0
#include "runner/base/random.h"

#include "runner/base/fd.h"

#include <sys/random.h>

#include <vector>

namespace xtest {

void fill_random(std::span<unsigned char> bytes) {
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) throw_errno("cannot get random bytes");
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  fill_random(raw);
  std::string text;
  for (const unsigned char byte : raw) text += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  return text;
}

}  // namespace xtest
