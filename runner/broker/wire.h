// SPDX-License-Identifier: Apache-2.0
// What the broker and its clients say to each other over a unix stream socket, and the blocking end of it.
//
// A message is a header of 12 bytes (magic u32, version u16, word u16, length u32, as the machine has them) and its payload; descriptors
// come with a message's first byte. The header and `down` are the same in every version, so that any xtest can end any
// broker. Nothing but the C++ library, for the front of xtest is built of this, too. Any thread, one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

inline constexpr std::uint16_t broker_version = 1;
inline constexpr std::size_t broker_most_payload = 8u << 20;
inline constexpr std::size_t broker_header = 12;

enum class Word : std::uint16_t {
  // client -> broker
  exec = 1,       // version, options, words, environment, folder, rows and columns of its terminal (0: none); with descriptors 0-2
  signal = 2,     // number u32, to the program
  up = 3,         // version, options, folder
  down = 4,       // options, folder
  ps = 5,         // -
  size = 6,       // rows u32, columns u32, of the program's terminal
  // broker -> client
  none = 16,      // no session for this is up
  accepted = 17,  // with three pipes when descriptors cannot be passed: the client carries its own to and from them
  ended = 18,     // exit code u32, what xtest has to say about it
  reply = 19,     // JSON
  refused = 20    // what is wrong, remedy
};

struct Message {
  Word word = Word::none;
  std::uint16_t version = broker_version;
  std::string payload;
};

class Payload {
 public:
  Payload& number(std::uint32_t value);
  Payload& text(std::string_view value);
  Payload& texts(const std::vector<std::string>& values);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what Payload wrote; beyond the end it yields nothing and says so by bad().
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : left_(bytes) {}
  std::uint32_t number();
  std::string text();
  std::vector<std::string> texts();
  bool bad() const { return bad_; }

 private:
  std::string_view left_;
  bool bad_ = false;
};

std::string encode(const Message& message);

enum class Cut { whole, partial, foreign };
// Cuts one message off the front of `bytes`.
Cut cut_message(std::string& bytes, Message& message);

// As sendmsg(2) and recvmsg(2), with up to three descriptors; those received are close-on-exec and the caller's.
long send_bytes(int socket, std::string_view bytes, const std::vector<int>& fds, int flags);
long receive_bytes(int socket, std::string& into, std::vector<int>& fds, int flags);

// For clients: blocks. False: the connection is broken.
bool send_message(int socket, const Message& message, const std::vector<int>& fds = {});
struct Received {
  Message message;
  std::vector<int> fds;
};
// Nothing: the connection has ended. `rest` keeps what came beyond one message.
std::optional<Received> receive_message(int socket, std::string& rest);

// Why a message of another xtest cannot be understood; "" if it can.
std::string why_foreign(const Message& message);

}  // namespace xtest
