// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/caller.h"

#include "runner/broker/place.h"
#include "runner/broker/raw_terminal.h"
#include "runner/broker/relay.h"
#include "runner/broker/wire.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

namespace xtest {
namespace {

constexpr int exec_failed = 125;
// What a person or a harness sends to a program; it is not in the terminal's foreground, so we are asked in its place.
constexpr int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGTSTP, SIGCONT};

int line = -1;                                   // to the broker, for the signal handler
std::array<std::string, 65> signal_messages;     // made before the handler can run
std::string size_message;                        // the same; the size is put in by the handler
bool has_terminal = false;

const std::string& message_for(int number) {
  if (number == SIGWINCH && has_terminal) {
    const WindowSize size = window_size();
    std::memcpy(size_message.data() + broker_header, &size, sizeof size);
    return size_message;
  }
  return signal_messages[static_cast<std::size_t>(number == SIGTSTP ? SIGSTOP : number)];
}

// The program is of no terminal's session, where SIGTSTP would do nothing: it is stopped by SIGSTOP, and then we are.
extern "C" void forward_signal(int number) {
  const int before = errno;
  const std::string& bytes = message_for(number);
  const ssize_t ignored = ::send(line, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)ignored;
  if (number == SIGTSTP) ::raise(SIGSTOP);
  errno = before;
}

sigset_t forwarded_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : forwarded) sigaddset(&set, number);
  return set;
}

// Those that our caller had us ignore (nohup) the program shall not get either.
void forward_signals() {
  for (std::size_t number = 1; number < signal_messages.size(); ++number)
    signal_messages[number] = encode({Word::signal, broker_version, Payload().number(static_cast<std::uint32_t>(number)).take()});
  size_message = encode({Word::size, broker_version, Payload().number(0).number(0).take()});
  struct sigaction action {};
  action.sa_handler = forward_signal;
  sigfillset(&action.sa_mask);
  for (const int number : forwarded) {
    struct sigaction before {};
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);
  }
}

std::optional<Message> request(const std::vector<std::string>& words, WindowSize size) {
  const auto dashes = std::ranges::find(words, "--");
  char folder[PATH_MAX];
  if (dashes == words.end() || !::getcwd(folder, sizeof folder)) return std::nullopt;
  std::vector<std::string> environment;
  for (char** pair = environ; *pair; ++pair) environment.emplace_back(*pair);
  Payload payload;
  payload.text(XTEST_VERSION).texts({words.begin(), dashes}).texts({dashes + 1, words.end()}).texts(environment).text(folder).number(size.rows).number(size.columns);
  return Message{Word::exec, broker_version, payload.take()};
}

int say(const std::string& text, int code) {
  const std::string sentence = "xtest: " + text + "\n";
  const ssize_t ignored = ::write(2, sentence.data(), sentence.size());
  (void)ignored;
  return code;
}

// The program has them now: whoever is at the other end shall see when it closes them.
void let_go_of_input_and_output() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 0);
  ::dup2(null, 1);
  ::close(null);
}

int wait_for_end(std::string& rest) {
  while (auto received = receive_message(line, rest)) {
    if (received->message.word != Word::ended) continue;
    PayloadReader reader(received->message.payload);
    const auto code = static_cast<int>(reader.number());
    const std::string note = reader.text();
    return note.empty() ? code : say(note, code);
  }
  return say("the broker of the warm sessions has gone, and the program with it", exec_failed);
}

}  // namespace

std::optional<int> call_warm(const std::vector<std::string>& words, bool terminal) {
  has_terminal = terminal;
  const auto message = request(words, terminal ? window_size() : WindowSize{});
  if (!message || (line = connect_to_broker()) < 0) return std::nullopt;
  sigset_t before;
  const sigset_t waiting = forwarded_set();
  ::sigprocmask(SIG_BLOCK, &waiting, &before);   // until there is a whole request in front of them
  std::string rest;
  std::optional<Received> answer;
  if (send_message(line, *message, {0, 1, 2})) answer = receive_message(line, rest);
  if (!answer || answer->message.word != Word::accepted) {
    ::close(line);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (!answer || answer->message.word == Word::none) return std::nullopt;
    const std::string foreign = why_foreign(answer->message);
    return say(foreign.empty() ? PayloadReader(answer->message.payload).text() : foreign, exec_failed);
  }
  forward_signals();
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (answer->fds.size() == 3) {
    ::signal(SIGPIPE, SIG_IGN);
    const RawTerminal raw(terminal);
    relay({answer->fds[0], answer->fds[1], answer->fds[2]});
  } else {
    let_go_of_input_and_output();
  }
  return wait_for_end(rest);
}

}  // namespace xtest
