// SPDX-License-Identifier: Apache-2.0
// Wine prefixes: a template made once per Wine version in the cache, and cheap private copies of it.
#pragma once

#include "runner/base/asio.h"

#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct WineTools {
  std::filesystem::path wine;        // wine64
  std::filesystem::path server;      // wineserver
  std::string version;
};

// Debian's Wine looks for its server's socket below TMPDIR: the server and its programs need the same one. LC_CTYPE
// is how arguments keep what is not ASCII.
std::vector<std::string> wine_environment(const std::filesystem::path& prefix);

// Makes the template if it is not there; two processes may ask at once. Throws Error{infra} with Wine's last words.
Task<std::filesystem::path> wine_template(WineTools tools, std::filesystem::path cache);

// A private copy: registry files copied, everything else linked to the template.
void copy_prefix(const std::filesystem::path& from, const std::filesystem::path& to);

// Compiles emulators/wine/launcher.c, or look.c beside it, once. Throws Error{infra} naming the compiler.
Task<std::filesystem::path> wine_launcher(std::filesystem::path source, std::filesystem::path cache);

}  // namespace xtest
