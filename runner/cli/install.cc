// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/install.h"

#include "runner/base/error.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "targets/host.h"

#include <unistd.h>

namespace xtest {
namespace {

Task<bool> run_shown(std::vector<std::string> words) {
  if (::geteuid() != 0) words.insert(words.begin(), "sudo");
  ProcessSpec spec;
  spec.argv = std::move(words);
  spec.env = clean_environment({"DEBIAN_FRONTEND=noninteractive"});
  for (const char* name : {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"}) {
    if (const char* value = ::getenv(name)) spec.env.push_back(std::string(name) + "=" + value);
  }
  spec.pass_fds = {{2, 1}, {2, 2}};
  const Completion completion = co_await run_process(std::move(spec));
  co_return exited_with(completion, 0);
}

}  // namespace

Task<void> install_packages(std::vector<std::string> packages) {
  if (packages.empty()) co_return;
  std::vector<std::string> update{"apt-get", "update", "-qq"};
  co_await run_shown(std::move(update));
  std::vector<std::string> words{"apt-get", "install", "-y", "-q", "--no-install-recommends"};
  words.insert(words.end(), packages.begin(), packages.end());
  if (!co_await run_shown(std::move(words)))
    throw Error(ErrorKind::usage, "apt-get could not install " + join(packages, " "), "try: " + install_command(packages, host_facts()));
}

}  // namespace xtest
