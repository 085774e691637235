// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace xtest {
namespace {

constexpr std::uint32_t magic = 0x52425458;   // "XTBR"
constexpr std::size_t most_fds = 3, receive_step = 64u << 10;

struct Header {
  std::uint32_t magic;
  std::uint16_t version, word;
  std::uint32_t length;
};
static_assert(sizeof(Header) == broker_header);

void keep_descriptors(msghdr& message, std::vector<int>& fds) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = 0; at + CMSG_LEN(sizeof(int)) <= part->cmsg_len; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
      fds.push_back(fd);
    }
  }
}

}  // namespace

Payload& Payload::number(std::uint32_t value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  return *this;
}

Payload& Payload::text(std::string_view value) {
  number(static_cast<std::uint32_t>(value.size()));
  bytes_ += value;
  return *this;
}

Payload& Payload::texts(const std::vector<std::string>& values) {
  number(static_cast<std::uint32_t>(values.size()));
  for (const std::string& value : values) text(value);
  return *this;
}

std::uint32_t PayloadReader::number() {
  std::uint32_t value = 0;
  bad_ = bad_ || left_.size() < sizeof value;
  if (bad_) return 0;
  std::memcpy(&value, left_.data(), sizeof value);
  left_.remove_prefix(sizeof value);
  return value;
}

std::string PayloadReader::text() {
  const std::size_t size = number();
  bad_ = bad_ || left_.size() < size;
  if (bad_) return "";
  std::string value(left_.substr(0, size));
  left_.remove_prefix(size);
  return value;
}

std::vector<std::string> PayloadReader::texts() {
  std::vector<std::string> values;
  for (std::uint32_t count = number(); count > 0 && !bad_; --count) values.push_back(text());
  return values;
}

std::string encode(const Message& message) {
  const Header header{magic, message.version, static_cast<std::uint16_t>(message.word), static_cast<std::uint32_t>(message.payload.size())};
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + message.payload;
}

Cut cut_message(std::string& bytes, Message& message) {
  Header header{};
  if (bytes.size() < sizeof header) return Cut::partial;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != magic || header.length > broker_most_payload) return Cut::foreign;
  if (bytes.size() < sizeof header + header.length) return Cut::partial;
  message = {static_cast<Word>(header.word), header.version, bytes.substr(sizeof header, header.length)};
  bytes.erase(0, sizeof header + header.length);
  return Cut::whole;
}

long send_bytes(int socket, std::string_view bytes, const std::vector<int>& fds, int flags) {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(most_fds * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | flags);
}

long receive_bytes(int socket, std::string& into, std::vector<int>& fds, int flags) {
  char bytes[receive_step];
  alignas(cmsghdr) char control[CMSG_SPACE(most_fds * sizeof(int))] = {};
  iovec piece{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  if (got < 0) return got;
  keep_descriptors(message, fds);
  into.append(bytes, static_cast<std::size_t>(got));
  return got;
}

bool send_message(int socket, const Message& message, const std::vector<int>& fds) {
  const std::string bytes = encode(message);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const long done = send_bytes(socket, std::string_view(bytes).substr(sent), sent == 0 ? fds : std::vector<int>{}, 0);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    sent += static_cast<std::size_t>(done);
  }
  return true;
}

std::optional<Received> receive_message(int socket, std::string& rest) {
  Received received;
  Cut cut = Cut::partial;
  while ((cut = cut_message(rest, received.message)) == Cut::partial) {
    const long got = receive_bytes(socket, rest, received.fds, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
  }
  if (cut == Cut::foreign) return std::nullopt;
  return received;
}

std::string why_foreign(const Message& message) {
  if (message.version == broker_version) return "";
  return "the broker of the warm sessions is another xtest (it speaks version " + std::to_string(message.version) + ", this is " +
         std::to_string(broker_version) + "); end it with `xtest down`";
}

}  // namespace xtest
