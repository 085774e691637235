// SPDX-License-Identifier: Apache-2.0
// The program that people start as `xtest`: small and static, so that `xtest exec` with a warm session costs next to
// nothing. All else is done by xtest-main, which it becomes.
#include "runner/broker/caller.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

// One that is closed would be given to the socket.
void fill_standard_descriptors() {
  for (const int fd : {0, 1, 2}) {
    if (::fcntl(fd, F_GETFD) == -1) ::open("/dev/null", O_RDWR);
  }
}

int say(const std::string& sentence) {
  const ssize_t ignored = ::write(2, sentence.data(), sentence.size());
  (void)ignored;
  return 2;
}

// Beside us (built) or in BIN/../libexec/xtest (installed).
int become_main(char** argv) {
  char self[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  if (size <= 0) return say("error: xtest cannot find itself: /proc/self/exe: " + std::string(std::strerror(errno)) + "\n");
  std::string folder(self, static_cast<std::size_t>(size));
  folder.resize(folder.rfind('/'));
  ::execv((folder + "/xtest-main").c_str(), argv);
  const std::string installed = folder.substr(0, folder.rfind('/')) + "/libexec/xtest/xtest-main";
  if (errno == ENOENT) ::execv(installed.c_str(), argv);
  return say("error: cannot start xtest-main, neither in " + folder + " nor as " + installed + ": " + std::strerror(errno) +
             "\n  build or install xtest again\n");
}

}  // namespace

int main(int argc, char** argv) {
  fill_standard_descriptors();
  if (argc > 2 && std::string_view(argv[1]) == "exec") {
    if (const auto code = xtest::call_warm({argv + 2, argv + argc})) return *code;
  }
  return become_main(argv);
}
