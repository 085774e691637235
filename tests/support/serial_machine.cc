// SPDX-License-Identifier: Apache-2.0
#include "tests/support/serial_machine.h"

#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#include <array>
#include <stdexcept>

namespace xtest {
namespace {

UniqueFd listen_at(const std::filesystem::path& file) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  file.string().copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(socket.get(), 1) != 0)
    throw_errno("cannot offer a socket");
  return socket;
}

UniqueFd open_terminal() {
  UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal || ::grantpt(terminal.get()) != 0 || ::unlockpt(terminal.get()) != 0) throw_errno("cannot make a terminal");
  return terminal;
}

}  // namespace

struct SerialMachine::State : std::enable_shared_from_this<State> {
  explicit State(asio::io_context& run_on) : io(run_on), machine(io), listener(io), near(io) {}

  void start_shell() {
    UniqueFd terminal = open_terminal();
    const UniqueFd theirs(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    ProcessSpec spec;
    spec.argv = {"/usr/bin/setsid", "-c", "-w", "busybox", "sh", "-i"};
    spec.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PS1=far# ", "HOME=/"};
    spec.stdin_fd = theirs.get();
    spec.pass_fds = {{theirs.get(), 1}, {theirs.get(), 2}};
    auto child = Child::spawn(io.get_executor(), spec);
    if (!child) throw std::runtime_error(child.error());
    shell.emplace(std::move(*child));
    machine.assign(terminal.release());
    carry(machine, from_machine, [this](std::string_view bytes) { to_near(bytes); });
  }

  void offer_socket(const std::filesystem::path& file) {
    path = "unix:" + file.string();
    listener.assign(listen_at(file).release());
    accept();
  }
  void accept() {
    listener.async_wait(asio::posix::stream_descriptor::wait_read, [weak = weak_from_this()](boost::system::error_code error) {
      const auto self = weak.lock();
      if (!self || error) return;
      self->take(UniqueFd(::accept4(self->listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC)));
      self->accept();
    });
  }
  void offer_terminal() {
    UniqueFd terminal = open_terminal();
    path = ::ptsname(terminal.get());
    keep_open.reset(::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));      // else its end comes with each user's
    termios settings{};
    ::tcgetattr(keep_open.get(), &settings);
    ::cfmakeraw(&settings);
    ::tcsetattr(keep_open.get(), TCSANOW, &settings);
    take(std::move(terminal));
  }
  void take(UniqueFd fd) {
    near.close();
    near.assign(fd.release());
    carry(near, from_near, [this](std::string_view bytes) { write_all(machine.native_handle(), bytes); });
  }
  void to_near(std::string_view bytes) {
    if (near.is_open()) write_all(near.native_handle(), bytes);
  }

  template <class To>
  void carry(asio::posix::stream_descriptor& from, std::array<char, 512>& room, To to) {
    from.async_read_some(asio::buffer(room), [this, weak = weak_from_this(), &from, &room, to](boost::system::error_code error, std::size_t size) {
      const auto self = weak.lock();
      if (!self || error) return;
      from.native_non_blocking(false);
      to(std::string_view(room.data(), size));
      carry(from, room, to);
    });
  }

  asio::io_context& io;
  asio::posix::stream_descriptor machine;
  asio::posix::stream_descriptor listener, near;
  UniqueFd keep_open;
  std::optional<Child> shell;
  std::string path;
  std::array<char, 512> from_machine, from_near;
};

SerialMachine::SerialMachine(asio::io_context& io, const std::filesystem::path& folder, LineEnd end) : state_(std::make_shared<State>(io)) {
  ::signal(SIGPIPE, SIG_IGN);      // as in xtest: whoever used the line may have gone
  if (end == LineEnd::socket) state_->offer_socket(folder / "line");
  else state_->offer_terminal();
  state_->start_shell();
}

SerialMachine::~SerialMachine() { state_->shell.reset(); }

std::string SerialMachine::why_not() { return find_program("busybox", "/usr/bin:/bin") ? "" : "busybox is not installed"; }

const std::string& SerialMachine::path() const { return state_->path; }

}  // namespace xtest
