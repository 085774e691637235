// SPDX-License-Identifier: Apache-2.0
#include "runner/base/random.h"

#include "runner/base/fd.h"

#include <sys/random.h>

namespace xtest {

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0'), text;
  if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) throw_errno("cannot get random bytes");
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace xtest
