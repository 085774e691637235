// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/terminal.h"

#include "runner/base/random.h"

#include <sys/ioctl.h>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace xtest {
namespace {

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value && *value && std::string_view(value) != "0";
}

}  // namespace

ConsoleOptions console_options(const std::string& color, bool verbose) {
  ConsoleOptions options;
  const char* term = std::getenv("TERM");
  const bool dumb = !term || std::string_view(term) == "dumb";
  options.tty = ::isatty(2) == 1 && !dumb && !is_set("CI");
  options.color = color == "always" || (color == "auto" && !is_set("NO_COLOR") && (options.tty || is_set("CLICOLOR_FORCE")));
  options.verbose = verbose;
  winsize size{};
  if (::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) options.width = size.ws_col;
  return options;
}

JunitDialect junit_dialect(const std::string& asked) {
  if (asked == "rich") return JunitDialect::rich;
  if (asked == "ant") return JunitDialect::ant;
  if (asked == "surefire") return JunitDialect::surefire;
  if (asked == "portable") return JunitDialect::portable;
  for (const char* name : {"GITLAB_CI", "GITHUB_ACTIONS", "CIRCLECI", "BUILDKITE", "TF_BUILD"}) {
    if (is_set(name)) return JunitDialect::rich;
  }
  return JunitDialect::portable;
}

std::string make_nonce() { return random_hex(16); }

}  // namespace xtest
