// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/segment.h"

#include "runner/base/error.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cstring>

namespace xtest {
namespace {

static_assert(XA_MOST_FILES == most_result_files);

std::uint32_t flags_of(const AgentCommand& command, bool carried) {
  std::uint32_t flags = 0;
  if (command.fresh_cwd) flags |= XA_FRESH_CWD;
  if (command.keep_cwd) flags |= XA_KEEP_CWD;
  if (!command.stdin_data.empty() || carried) flags |= XA_STDIN_PIPE;
  if (command.pass_fds && !carried) flags |= XA_PASS_FDS;
  if (command.terminal) flags |= XA_TERMINAL;
  if (command.watch) flags |= XA_WATCH;
  if (command.interrupt) flags |= XA_INTERRUPT;
  return flags;
}

}  // namespace

Segment run_segment(const AgentCommand& command, std::uint32_t seq, const Nonce& nonce, bool carried) {
  WireFrame frame(XA_RUN, seq, nonce);
  frame.u32(flags_of(command, carried)).texts(command.argv).texts(command.env).text(command.cwd);
  frame.u64(static_cast<std::uint64_t>(command.limits.wall.count()));
  frame.u64(static_cast<std::uint64_t>(command.cpu.count())).u64(command.address_space).u64(command.file_size);
  frame.u64(carried ? UINT64_MAX : command.limits.out_head).u64(command.limits.out_tail);
  const TerminalSize size = command.terminal.value_or(TerminalSize{});
  frame.u32(size.rows).u32(size.columns);
  frame.u64(command.results.most_of_one).u64(command.results.most_of_all).texts(command.results.patterns);
  Segment segment{frame.take(), {}};
  if (!command.pass_fds || carried) return segment;
  for (const int fd : *command.pass_fds) {
    segment.fds.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!segment.fds.back()) throw_errno("cannot pass a descriptor to a program");
  }
  return segment;
}

ssize_t send_segment(int socket, const Segment& segment) {
  iovec piece{const_cast<char*>(segment.bytes.data()), segment.bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!segment.fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(3 * sizeof(int));
    for (std::size_t i = 0; i < 3; ++i) {
      const int fd = segment.fds[i].get();
      std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
    }
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace xtest
