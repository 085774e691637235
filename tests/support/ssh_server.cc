// SPDX-License-Identifier: Apache-2.0
#include "tests/support/ssh_server.h"

#include "emulators/ssh/key.h"
#include "runner/base/fd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>

#include <fstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;

std::uint16_t free_port() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) throw_errno("cannot bind a port");
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

SshServer::SshServer(asio::io_context& io, const std::vector<std::string>& more_configuration) {
  const auto sshd = find_program("sshd", "/usr/sbin:/usr/local/sbin:/usr/bin");
  if (!sshd) {
    why_not_ = "sshd is not installed";
    return;
  }
  std::string pattern = fs::temp_directory_path() / "xtest-sshd-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  host_key_ = make_key_pair(folder_ / "host");
  make_key_pair(folder_ / "user");
  fs::copy_file(folder_ / "user.pub", folder_ / "authorized_keys");
  port_ = free_port();
  std::ofstream(known_hosts()) << "[127.0.0.1]:" << port_ << " " << host_key_ << "\n";
  if (::geteuid() == 0) fs::create_directories("/run/sshd");   // where sshd of root separates its privileges
  std::ofstream config(folder_ / "config");
  config << "ListenAddress 127.0.0.1:" << port_ << "\nHostKey " << (folder_ / "host").string() << "\nPidFile none\nAuthorizedKeysFile "
         << (folder_ / "authorized_keys").string()
         << "\nAuthenticationMethods publickey\nStrictModes no\nUsePAM no\nUseDNS no\nPrintMotd no\nMaxStartups 100\n";
  for (const std::string& line : more_configuration) config << line << "\n";
  config.close();
  ProcessSpec spec;
  spec.argv = {sshd->string(), "-D", "-E", (folder_ / "log").string(), "-f", (folder_ / "config").string()};
  spec.env = clean_environment();
  auto child = Child::spawn(io.get_executor(), spec);
  if (!child) throw std::runtime_error(child.error());
  child_ = std::move(*child);
  const auto listens = [&] {
    std::ifstream log(folder_ / "log");
    return std::string(std::istreambuf_iterator<char>(log), {}).find("Server listening") != std::string::npos;
  };
  for (int look = 0; look < 500 && !listens(); ++look) ::usleep(10000);
}

SshServer::~SshServer() {
  child_.reset();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string SshServer::address() const {
  return options().user + "@127.0.0.1:" + std::to_string(port_);
}

SshOptions SshServer::options() const {
  SshOptions options;
  options.host = "127.0.0.1";
  options.port = port_;
  options.user = ::getpwuid(::geteuid())->pw_name;
  options.private_key = folder_ / "user";
  options.host_keys = {host_key_};
  return options;
}

}  // namespace xtest
