// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/scratch.h"

#include "runner/base/error.h"

#include <cstdlib>
#include <cstring>

namespace xtest {

namespace fs = std::filesystem;

Scratch::Scratch() {
  const char* base = std::getenv("TMPDIR");
  std::string name = std::string(base && *base ? base : "/tmp") + "/xtest-XXXXXX";
  if (!::mkdtemp(name.data()))
    throw Error(ErrorKind::usage, "no temporary folder can be made as " + name + ": " + std::strerror(errno),
                "set TMPDIR to a folder that exists and can be written");
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace xtest
