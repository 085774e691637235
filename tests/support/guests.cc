// SPDX-License-Identifier: Apache-2.0
#include "tests/support/guests.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImage = "linux-x86_64";

// Through the folder's descriptor: the whole path may be too long for a socket's address.
bool say(const fs::path& socket, const std::string& command) {
  const int folder = ::open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, ("/proc/self/fd/" + std::to_string(folder) + "/" + socket.filename().string()).c_str());
  char answer[4096];
  bool done = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::read(fd, answer, sizeof answer) > 0;
  for (const std::string& line : {std::string(R"({"execute":"qmp_capabilities"})"), command})
    done = done && ::write(fd, (line + "\n").c_str(), line.size() + 1) > 0 && ::read(fd, answer, sizeof answer) > 0;
  ::close(fd);
  ::close(folder);
  return done;
}

}  // namespace

std::string GuestPlayground::why_not() const {
  if (native_target() != "x86_64-unknown-linux-gnu") return "the guest of these tests is x86_64";
  return is_there("qemu-system-x86_64") ? "" : "qemu-system-x86_64 is not installed";
}

Playground::Words GuestPlayground::words(const std::string& suite, Playground::Words more) const {
  more.insert(more.end(), {"--on", "vm", "-j1"});
  return here.run_words(suite, more);
}

std::vector<pid_t> GuestPlayground::machines() const {
  std::vector<pid_t> found;
  for (const pid_t pid : pids_of(here.folder().string() + "/.xtest")) {   // where its console goes
    if (read_text("/proc/" + std::to_string(pid) + "/comm").starts_with("qemu-system")) found.push_back(pid);
  }
  return found;
}

bool GuestPlayground::is_executing() const {
  if (here.records().empty()) return false;
  for (const auto& event : here.events(here.records().back())) {
    if (event.value("event", "") == "job_started" && event.value("kind", "") == "run") return true;
  }
  return false;
}

int GuestPlayground::tell_machine(const std::string& command) const {
  int told = 0;
  for (const auto& entry : fs::recursive_directory_iterator(here.folder() / ".xtest")) {
    if (entry.is_socket() && say(entry.path(), command)) ++told;
  }
  return told;
}

fs::path GuestPlayground::snapshot() const {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(shared_cache())) {
    if (entry.path().filename() == "sealed" && entry.path().string().find(kImage) != std::string::npos) found.push_back(entry.path().parent_path());
  }
  return found.size() == 1 ? found.front() : fs::path();
}

}  // namespace xtest
