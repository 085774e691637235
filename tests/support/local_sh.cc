// SPDX-License-Identifier: Apache-2.0
#include "tests/support/local_sh.h"

#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/base/process.h"

#include <array>
#include <stdexcept>

namespace xtest {
namespace {

constexpr std::string_view kPath = "/usr/bin:/bin";

class LocalSh final : public ShLine {
 public:
  LocalSh(asio::io_context& io, const std::string& shell, const std::string& path) : socket_(io) {
    SocketEnds ends = make_socket_pair();
    ProcessSpec spec;
    spec.argv = {find_program(shell, kPath)->string()};
    if (shell == "busybox") spec.argv.push_back("sh");
    spec.env = {"PATH=" + path};
    spec.stdin_fd = ends.theirs.get();
    spec.pass_fds = {{ends.theirs.get(), 1}};
    auto child = Child::spawn(io.get_executor(), spec);
    if (!child) throw std::runtime_error(child.error());
    child_.emplace(std::move(*child));
    socket_.assign(ends.ours.release());
    socket_.native_non_blocking(true);
    listen();
  }

  // Its reader takes what is written as fast as it comes: tests write little.
  void write(std::string_view text) override {
    socket_.native_non_blocking(false);
    write_all(socket_.native_handle(), text);
    socket_.native_non_blocking(true);
  }
  void end_input() override { ::shutdown(socket_.native_handle(), SHUT_WR); }

 private:
  void listen() {
    socket_.async_read_some(asio::buffer(piece_), [this, alive = std::weak_ptr(alive_)](boost::system::error_code error, std::size_t size) {
      if (alive.expired()) return;
      if (error) return gone ? gone("has gone") : void();
      if (take) take(std::string_view(piece_.data(), size));
      listen();
    });
  }

  asio::posix::stream_descriptor socket_;
  std::optional<Child> child_;
  std::array<char, 4096> piece_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace

bool is_installed(const std::string& shell) { return find_program(shell, kPath).has_value(); }

std::unique_ptr<ShLine> start_local_sh(asio::io_context& io, const std::string& shell, const std::string& path) {
  return std::make_unique<LocalSh>(io, shell, path);
}

}  // namespace xtest
