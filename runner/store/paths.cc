// SPDX-License-Identifier: Apache-2.0
#include "runner/store/paths.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "runner/base/error.h"
#include "runner/base/files.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;

struct Kind {
  const char* what;
  const char* ours;  // variable of xtest
  const char* xdg;   // variable of the specification
  const char* below_home;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

fs::path choose(const Kind& kind) {
  if (const std::string ours = variable(kind.ours); !ours.empty()) return fs::absolute(ours);
  if (const fs::path xdg = variable(kind.xdg); xdg.is_absolute()) return xdg / "xtest";
  if (const fs::path home = variable("HOME"); home.is_absolute()) return home / kind.below_home / "xtest";
  throw Error(ErrorKind::usage, fmt::format("there is no place for the {}: HOME is not set", kind.what),
              fmt::format("set {} to a folder", kind.ours));
}

fs::path made(const Kind& kind) {
  return usable_dir(choose(kind), fmt::format("set {} to a folder that you can write to", kind.ours));
}

constexpr Kind cache{"cache", "XTEST_CACHE_DIR", "XDG_CACHE_HOME", ".cache"};
constexpr Kind state{"state", "XTEST_STATE_DIR", "XDG_STATE_HOME", ".local/state"};

}  // namespace

fs::path cache_dir() {
  fs::path folder = made(cache);
  tag_as_cache(folder);
  return folder;
}

fs::path state_dir() { return made(state); }

fs::path usable_dir(fs::path folder, const std::string& remedy) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error && !fs::is_directory(folder))
    throw Error(ErrorKind::usage, fmt::format("cannot make the folder {}: {}", folder.string(), error.message()),
                remedy);
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw Error(ErrorKind::usage,
                fmt::format("cannot write to the folder {}: {}", folder.string(), std::strerror(errno)), remedy);
  return folder;
}

void tag_as_cache(const fs::path& folder) {
  constexpr std::string_view content =
      "Signature: 8a477f597d28d172789f06886806bc55\n"
      "# This folder holds what xtest can make again; see https://bford.info/cachedir/\n";
  const fs::path tag = folder / "CACHEDIR.TAG";
  std::error_code ignored;
  if (!fs::exists(tag, ignored)) write_file(tag, content);
}

}  // namespace xtest
