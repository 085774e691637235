// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/place.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace xtest {
namespace {

bool is_of_this_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

}  // namespace

std::string broker_folder() {
  const char* ours = std::getenv("XTEST_RUNTIME_DIR");
  if (ours && *ours == '/') return ours;
  const char* xdg = std::getenv("XDG_RUNTIME_DIR");
  if (xdg && *xdg == '/') return std::string(xdg) + "/xtest";
  return "/tmp/xtest-" + std::to_string(::geteuid());
}

std::string broker_file(const std::string& name) { return broker_folder() + "/" + name; }

std::string why_not_private(const std::string& folder) {
  struct stat facts {};
  if (::lstat(folder.c_str(), &facts) != 0) return std::strerror(errno);
  if (!S_ISDIR(facts.st_mode)) return "it is no folder";
  if (facts.st_uid != ::geteuid()) return "it belongs to another user";
  if ((facts.st_mode & 077) != 0) return "others may enter it";
  return "";
}

int connect_to_broker() {
  const std::string path = broker_file("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int error = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  if (error == 0 && !is_of_this_user(fd)) error = EPERM;
  if (error == 0) return fd;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace xtest
