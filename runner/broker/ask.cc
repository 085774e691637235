// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/ask.h"

#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "runner/broker/place.h"
#include "runner/store/lock.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto ending_patience = 30s;    // for a broker that is on its way out
constexpr auto look_again = 50ms;
constexpr int most_tries = 3;
constexpr int backlog = 128;
constexpr int listener_in_child = 3;

void make_private_folder() {
  const std::string folder = broker_folder();
  const bool made = ::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST;
  const std::string why = made ? why_not_private(folder) : std::strerror(errno);
  if (!why.empty())
    throw Error(ErrorKind::usage, "the folder " + folder + " cannot be used for the broker's socket: " + why,
                "set XTEST_RUNTIME_DIR to a folder that only you may enter (mode 700)");
}

UniqueFd listen_there() {
  const std::string path = broker_file("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw Error(ErrorKind::usage, path + " is too long for a socket's name", "set XTEST_RUNTIME_DIR to a shorter folder");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(socket.get(), backlog) != 0)
    throw Error(ErrorKind::infra, "cannot listen at " + path + ": " + std::strerror(errno));
  return socket;
}

// The socket listens before the broker runs: whoever connects from now on is served.
void start(const fs::path& binary) {
  const UniqueFd listener = listen_there();
  const std::string log_file = broker_file("log");
  const UniqueFd log(::open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!log) throw Error(ErrorKind::infra, "cannot write " + log_file + ": " + std::strerror(errno));
  ProcessSpec spec;
  spec.argv = {binary.string(), "broker", "--listener", std::to_string(listener_in_child)};
  for (char** pair = environ; *pair; ++pair) spec.env.emplace_back(*pair);
  spec.cwd = "/";
  spec.pass_fds = {{log.get(), 1}, {log.get(), 2}, {listener.get(), listener_in_child}};
  const auto started = start_detached(spec);
  if (!started) throw Error(ErrorKind::infra, started.error());
}

bool answers() {
  const UniqueFd socket(connect_to_broker());
  return static_cast<bool>(socket);
}

void remove_leftovers() {
  std::error_code ignored;
  const std::string scratch(trim(read_file(broker_file("scratch")).value_or("")));
  if (!scratch.empty()) fs::remove_all(scratch, ignored);
  fs::remove(broker_file("scratch"), ignored);
  fs::remove(broker_file("socket"), ignored);
}

// With the lock of starters held. A broker holds its own lock as long as it lives.
Task<bool> is_there_in_the_end() {
  const auto until = std::chrono::steady_clock::now() + ending_patience;
  while (!answers()) {
    if (FileLock::try_lock(broker_file("lock"))) co_return false;
    if (std::chrono::steady_clock::now() > until)
      throw Error(ErrorKind::infra, "a broker of warm sessions is there and does not answer at " + broker_file("socket"),
                  "end its process `xtest-main broker`");
    asio::steady_timer timer(co_await asio::this_coro::executor, look_again);
    co_await timer.async_wait(asio::use_awaitable);
  }
  co_return true;
}

std::string log_tail() {
  const std::string text(trim(read_file(broker_file("log")).value_or("")));
  return text.empty() ? "" : ": " + text.substr(text.rfind('\n') + 1);
}

}  // namespace

std::optional<Message> ask_broker(const Message& message) {
  const UniqueFd socket(connect_to_broker());
  if (!socket && errno == EPERM) throw Error(ErrorKind::infra, broker_file("socket") + " belongs to a process of another user");
  std::string rest;
  if (!socket || !send_message(socket.get(), message)) return std::nullopt;
  auto answer = receive_message(socket.get(), rest);
  if (!answer) return std::nullopt;
  for (const int fd : answer->fds) ::close(fd);
  if (const std::string foreign = why_foreign(answer->message); !foreign.empty() && message.word != Word::down) throw Error(ErrorKind::infra, foreign);
  if (answer->message.word == Word::refused) {
    PayloadReader reader(answer->message.payload);
    const std::string what = reader.text();
    throw Error(ErrorKind::infra, what, reader.text());
  }
  return std::move(answer->message);
}

Task<Message> ask_or_start_broker(Message message, fs::path binary) {
  make_private_folder();
  for (int tries = 0; tries < most_tries; ++tries) {
    if (auto answer = ask_broker(message)) co_return std::move(*answer);
    const fs::path start_lock = broker_file("start.lock");
    const FileLock lock = co_await FileLock::lock(start_lock);
    const bool is_alive = co_await is_there_in_the_end();
    if (is_alive) continue;
    remove_leftovers();
    start(binary);
  }
  if (auto answer = ask_broker(message)) co_return std::move(*answer);
  throw Error(ErrorKind::infra, "the broker of warm sessions does not stay" + log_tail(), "its whole log is " + broker_file("log"));
}

Task<bool> bury_dead_broker() {
  const fs::path socket = broker_file("socket"), start_lock = broker_file("start.lock");
  if (!fs::exists(socket) || !why_not_private(broker_folder()).empty() || answers()) co_return false;
  const FileLock lock = co_await FileLock::lock(start_lock);
  const bool is_there = fs::exists(socket);
  const bool is_alive = co_await is_there_in_the_end();
  if (!is_there || is_alive || !fs::exists(socket)) co_return false;   // it has gone as it should
  remove_leftovers();
  co_return true;
}

}  // namespace xtest
