// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace xtest {
namespace {

constexpr std::size_t step = 64u << 10;

void close_end(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

bool write_whole(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t done = ::write(fd, bytes, size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

// From the pipe to our descriptor; nobody reads that any more: the pipe is closed, which the program learns.
void carry_out(int& pipe, int own) {
  char bytes[step];
  const ssize_t got = ::read(pipe, bytes, sizeof bytes);
  if (got < 0 && errno == EINTR) return;
  if (got <= 0 || !write_whole(own, bytes, static_cast<std::size_t>(got))) close_end(pipe);
}

struct Input {
  int& pipe;
  std::string waiting;
  bool ended = false;

  void read() {
    char bytes[step];
    const ssize_t got = ::read(0, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) ended = true;
    else waiting.assign(bytes, static_cast<std::size_t>(got));
  }
  void write() {
    const ssize_t done = ::write(pipe, waiting.data(), waiting.size());
    if (done > 0) waiting.erase(0, static_cast<std::size_t>(done));
    else if (errno != EAGAIN && errno != EINTR) close_end(pipe);   // the program does not want it any more
  }
};

}  // namespace

void relay(RelayPipes pipes) {
  ::fcntl(pipes.in, F_SETFL, ::fcntl(pipes.in, F_GETFL) | O_NONBLOCK);
  Input input{pipes.in, {}, false};
  while (pipes.out >= 0 || pipes.err >= 0) {
    if (input.ended && input.waiting.empty()) close_end(pipes.in);
    const bool may_read = pipes.in >= 0 && input.waiting.empty() && !input.ended;
    pollfd polls[] = {{may_read ? 0 : -1, POLLIN, 0}, {pipes.in, static_cast<short>(input.waiting.empty() ? 0 : POLLOUT), 0},
                      {pipes.out, POLLIN, 0}, {pipes.err, POLLIN, 0}};
    if (::poll(polls, 4, -1) < 0) continue;
    if (polls[2].revents != 0) carry_out(pipes.out, 1);
    if (polls[3].revents != 0) carry_out(pipes.err, 2);
    if ((polls[1].revents & POLLOUT) != 0) input.write();
    else if (polls[1].revents != 0) close_end(pipes.in);
    if (polls[0].revents != 0) input.read();
  }
  close_end(pipes.in);
}

}  // namespace xtest
