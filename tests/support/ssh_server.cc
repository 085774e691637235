// SPDX-License-Identifier: Apache-2.0
#include "tests/support/ssh_server.h"

#include "emulators/ssh/key.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>

#include <fstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSystemPath = "/usr/sbin:/usr/local/sbin:/usr/bin:/bin:/sbin";

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

SshServer::SshServer(asio::io_context& io, SshServerKind kind) {
  const auto server = find_program(kind.is_dropbear ? "dropbear" : "sshd", kSystemPath);
  const auto shell = kind.login_shell.empty() ? std::optional(fs::path("/bin/sh")) : find_program(kind.login_shell, kSystemPath);
  if (!server || !shell) {
    why_not_ = (server ? kind.login_shell : kind.is_dropbear ? "dropbear" : "sshd") + " is not installed";
    return;
  }
  std::string pattern = fs::temp_directory_path() / "xtest-sshd-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  port_ = free_port();
  write_keys();
  write_configuration(kind.configuration);
  if (::geteuid() == 0) fs::create_directories("/run/sshd");   // where sshd of root separates its privileges
  std::vector<std::string> words{server->string(), "-D", "-E", (folder_ / "log").string(), "-f", (folder_ / "config").string()};
  if (kind.is_dropbear)
    words = {server->string(), "-F", "-E", "-s", "-r", (folder_ / "host.dropbear").string(), "-P", (folder_ / "pid").string(),
             "-p", "127.0.0.1:" + std::to_string(port_)};
  if (kind.is_dropbear || !kind.login_shell.empty()) {
    write_passwd(kind.login_shell == "busybox" ? (folder_ / "sh").string() : shell->string());
    if (kind.login_shell == "busybox") fs::create_symlink(*shell, folder_ / "sh");      // it goes by its name
    const std::string mounts = "mount --bind " + (folder_ / "passwd").string() + " /etc/passwd && mount --bind " +
                               (folder_ / "shells").string() + " /etc/shells && exec \"$@\"";
    std::vector<std::string> before{"unshare", "-m"};
    if (::geteuid() != 0) before = {"unshare", "-U", "-c", "--keep-caps", "-m"};
    before.insert(before.end(), {"sh", "-c", mounts, "sh"});
    words.insert(words.begin(), before.begin(), before.end());
  }
  ProcessSpec spec;
  spec.argv = words;
  spec.env = clean_environment();
  const UniqueFd log(::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  spec.pass_fds = {{log.get(), 2}};
  auto child = Child::spawn(io.get_executor(), spec);
  if (!child) throw std::runtime_error(child.error());
  child_ = std::move(*child);
  for (int look = 0; look < 500 && !listens(); ++look) ::usleep(10000);
}

void SshServer::write_keys() {
  host_key_ = make_key_pair(folder_ / "host");
  make_key_pair(folder_ / "user");
  write_file(folder_ / "host.dropbear", to_dropbear(*read_file(folder_ / "host")), 0600);
  std::ofstream(known_hosts()) << "[127.0.0.1]:" << port_ << " " << host_key_ << "\n";
  fs::create_directories(home() / ".ssh");
  fs::copy_file(folder_ / "user.pub", home() / ".ssh" / "authorized_keys");
  for (const auto& path : {home(), home() / ".ssh"}) fs::permissions(path, fs::perms(0700));
  fs::permissions(home() / ".ssh" / "authorized_keys", fs::perms(0600));
}

void SshServer::write_configuration(const std::vector<std::string>& more) {
  std::ofstream config(folder_ / "config");
  config << "ListenAddress 127.0.0.1:" << port_ << "\nHostKey " << (folder_ / "host").string() << "\nPidFile none\nAuthorizedKeysFile "
         << (home() / ".ssh" / "authorized_keys").string()
         << "\nAuthenticationMethods publickey\nStrictModes no\nUsePAM no\nUseDNS no\nPrintMotd no\nMaxStartups 100\n";
  for (const std::string& line : more) config << line << "\n";
}

// Everybody else as on this machine: sshd wants its own user.
void SshServer::write_passwd(const std::string& shell) {
  std::ofstream passwd(folder_ / "passwd");
  const auto* me = ::getpwuid(::geteuid());
  const std::string name = me->pw_name;
  passwd << name << ":x:" << ::geteuid() << ":" << ::getegid() << ":" << name << ":" << home().string() << ":" << shell << "\n";
  std::ifstream known("/etc/passwd");
  for (std::string line; std::getline(known, line);) {
    if (!line.starts_with(name + ":")) passwd << line << "\n";
  }
  std::ofstream(folder_ / "shells") << shell << "\n/bin/sh\n";
}

bool SshServer::listens() const {
  const std::string log = read_file(folder_ / "log").value_or("");
  return log.find("Server listening") != std::string::npos || (fs::exists(folder_ / "pid") && log.find("Not backgrounding") != std::string::npos);
}

SshServer::~SshServer() {
  child_.reset();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

// "PID (sshd) S PARENT ...": those below the one that listens, itself left out.
std::vector<pid_t> SshServer::connections() const {
  std::vector<pid_t> found{pid()};
  for (std::size_t at = 0; at < found.size(); ++at) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ifstream stat(entry.path() / "stat");
      std::string number, name, state;
      pid_t parent = 0;
      if (stat >> number >> name >> state >> parent && parent == found[at] && name == "(sshd)") found.push_back(std::stoi(number));
    }
  }
  found.erase(found.begin());
  return found;
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
