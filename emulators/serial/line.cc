// SPDX-License-Identifier: Apache-2.0
#include "emulators/serial/line.h"

#include "runner/base/error.h"
#include "runner/base/random.h"
#include "runner/base/text.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

#include <cstring>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Steady = std::chrono::steady_clock;

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t most_heard = 16u << 10;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::infra, "cannot use the serial line " + path + ": " + why);
}

speed_t speed_of(const SerialPlace& place) {
  switch (place.baud) {
    case 9600: return B9600;
    case 19200: return B19200;
    case 38400: return B38400;
    case 57600: return B57600;
    case 115200: return B115200;
    case 230400: return B230400;
    default: refuse(place.path, "no speed of " + std::to_string(place.baud) + " is known");
  }
}

UniqueFd open_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) refuse(path, "its name is too long for a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) refuse(path, std::strerror(errno));
  return socket;
}

UniqueFd open_tty(const SerialPlace& place) {
  UniqueFd tty(::open(place.path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  termios settings{};
  if (!tty || ::tcgetattr(tty.get(), &settings) != 0) refuse(place.path, std::strerror(errno));
  if (::flock(tty.get(), LOCK_EX | LOCK_NB) != 0) refuse(place.path, "another process has it");
  ::cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  ::cfsetspeed(&settings, speed_of(place));
  if (::tcsetattr(tty.get(), TCSANOW, &settings) != 0) refuse(place.path, std::strerror(errno));
  return tty;
}

Task<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

std::string last_line(const std::string& text) {
  const auto end = text.find_last_of("\r\n");
  return repair_utf8(trim(end == text.npos ? text : text.substr(end + 1)));
}

}  // namespace

SerialLine::SerialLine(asio::any_io_executor executor, UniqueFd fd)
    : port_(executor, fd.release()), self_(std::make_shared<SerialLine*>(this)) {
  port_.native_non_blocking(true);
  listen();
}

SerialLine::~SerialLine() { *self_ = nullptr; }

Task<std::unique_ptr<SerialLine>> SerialLine::open(SerialPlace place) {
  const auto executor = co_await asio::this_coro::executor;
  const bool is_socket = place.path.starts_with(kUnix);
  UniqueFd fd = is_socket ? open_socket(place.path.substr(kUnix.size())) : open_tty(place);
  std::unique_ptr<SerialLine> line(new SerialLine(executor, std::move(fd)));
  co_await line->find_shell(place);
  co_await line->start_sh(place);
  line->heard_.clear();
  co_return line;
}

// ---- bytes ----

void SerialLine::listen() {
  port_.async_read_some(asio::buffer(piece_), [self = self_](boost::system::error_code error, std::size_t size) {
    SerialLine* line = *self;
    if (!line) return;
    if (error) return line->gone ? line->gone("has gone: the line was closed: " + error.message()) : void();
    const std::string_view bytes(line->piece_.data(), size);
    line->heard_ += bytes;
    if (line->heard_.size() > most_heard) line->heard_.erase(0, line->heard_.size() - most_heard / 2);
    if (line->take) line->take(bytes);
    line = *self;
    const bool has_ended = line && !line->gone_mark_.empty() && line->heard_.find(line->gone_mark_) != std::string::npos;
    if (has_ended) line->has_ended_ = true;
    if (has_ended && line->gone) std::exchange(line->gone, nullptr)("has ended");
    if (*self) (*self)->listen();
  });
}

void SerialLine::write(std::string_view text) {
  outgoing_ += text;
  if (!is_writing_) flush();
}

// Once: the shell that was there before is not to be ended.
void SerialLine::end_input() {
  if (!std::exchange(has_ended_, true)) write("\nexit 0\n");
}

void SerialLine::flush() {
  boost::system::error_code error;
  while (!outgoing_.empty() && !error) outgoing_.erase(0, port_.write_some(asio::buffer(outgoing_), error));
  is_writing_ = error == asio::error::would_block;
  if (error && !is_writing_) outgoing_.clear();      // its end is told by the reader
  if (!is_writing_) return;
  port_.async_wait(asio::posix::stream_descriptor::wait_write, [self = self_](boost::system::error_code failed) {
    if (!failed && *self) (*self)->flush();
  });
}

// ---- the dialogue ----

Task<bool> SerialLine::hears(std::string mark, std::chrono::milliseconds patience) {
  for (const auto until = Steady::now() + patience; Steady::now() < until; co_await pause(20ms)) {
    if (heard_.find(mark) != std::string::npos) co_return true;
  }
  co_return false;
}

// Nobody tells a prompt from other text: a shell is what does as it is told. The quotes keep an echo from being an answer.
Task<void> SerialLine::find_shell(SerialPlace place) {
  const std::string nonce = random_hex(8);
  for (const auto until = Steady::now() + place.patience; Steady::now() < until;) {
    write("\n");
    co_await pause(400ms);
    const std::string last = last_line(heard_);
    if (last.ends_with("ogin:")) {
      if (place.user.empty()) refuse(place.path, "'" + last + "': it asks who logs in; write serial:USER@PATH, and the password in XTEST_SERIAL_PASSWORD");
      write(place.user + "\n");
      if (co_await hears("assword:", 5000ms)) write(place.password + "\n");
      heard_.clear();
      co_await pause(1000ms);
    }
    write("echo xte''st-" + nonce + "\n");
    if (co_await hears("xtest-" + nonce, 2000ms)) co_return;
  }
  refuse(place.path, "no shell answers" + (heard_.empty() ? "" : "; its last line: '" + last_line(heard_) + "'"));
}

// Neither its output nor its stderr is a terminal, or it would be interactive: prompts, job control.
Task<void> SerialLine::start_sh(SerialPlace place) {
  const std::string nonce = random_hex(8);
  gone_mark_ = "xtest-gone-" + nonce;
  write("stty -echo; sh -c 'stty raw -echo; sh 2>/dev/null | cat; stty sane; echo xte\"\"st-gone-" + nonce + "'\n");
  for (const auto until = Steady::now() + place.patience; Steady::now() < until;) {
    co_await pause(300ms);
    write("echo xte''st-in-" + nonce + "\n");
    if (co_await hears("xtest-in-" + nonce, 2000ms)) co_return;
  }
  refuse(place.path, "its shell starts no sh");
}

}  // namespace xtest
