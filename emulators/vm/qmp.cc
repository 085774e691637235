// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/qmp.h"

#include "runner/base/error.h"

#include <nlohmann/json.hpp>

#include <array>
#include <map>
#include <optional>
#include <utility>

namespace xtest {

using nlohmann::json;

namespace {
constexpr auto command_patience = std::chrono::seconds(60);
}

struct Qmp::State : std::enable_shared_from_this<State> {
  State(asio::any_io_executor executor, UniqueFd fd)
      : socket(executor, fd.release()), changed(executor, std::chrono::steady_clock::time_point::max()) {}

  void receive();
  void take(const json& message);
  void close(const std::string& why);

  asio::posix::stream_descriptor socket;
  asio::steady_timer changed;             // cancelled when something came
  std::array<char, 16384> piece;
  std::string received;
  bool greeted = false;
  std::string why_closed;                 // empty while the conversation goes on
  int next_id = 1;
  std::map<int, json> answers;
};

void Qmp::State::receive() {
  socket.async_read_some(asio::buffer(piece), [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
    if (error) return self->close("qemu has ended");
    self->received.append(self->piece.data(), size);
    for (auto end = self->received.find('\n'); end != std::string::npos; end = self->received.find('\n')) {
      const json message = json::parse(self->received.substr(0, end), nullptr, false);
      self->received.erase(0, end + 1);
      if (message.is_object()) self->take(message);
    }
    self->receive();
  });
}

void Qmp::State::take(const json& message) {
  if (message.contains("QMP")) greeted = true;
  if (message.contains("id")) answers.emplace(message.value("id", 0), message);
  changed.cancel();
}

void Qmp::State::close(const std::string& why) {
  if (why_closed.empty()) why_closed = why;
  if (socket.is_open()) socket.close();
  changed.cancel();
}

Task<std::unique_ptr<Qmp>> Qmp::open(UniqueFd socket, std::chrono::milliseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  auto state = std::make_shared<State>(executor, std::move(socket));
  std::unique_ptr<Qmp> qmp(new Qmp(state));
  state->receive();
  asio::steady_timer limit(executor, patience);
  limit.async_wait([state](boost::system::error_code error) {
    if (!error) state->close("qemu does not answer");
  });
  while (!state->greeted && state->why_closed.empty()) co_await state->changed.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!state->greeted) throw Error(ErrorKind::infra, state->why_closed);
  co_await qmp->execute("qmp_capabilities");
  co_return qmp;
}

Qmp::Qmp(std::shared_ptr<State> state) : state_(std::move(state)) {}
Qmp::~Qmp() { state_->close("the conversation was ended by us"); }

Task<json> Qmp::execute(std::string command, json arguments) {
  const auto state = state_;
  const int id = state->next_id++;
  json message{{"execute", command}, {"id", id}};
  if (!arguments.empty()) message["arguments"] = std::move(arguments);
  const std::string line = message.dump() + "\n";
  asio::steady_timer limit(state->socket.get_executor(), command_patience);
  limit.async_wait([state](boost::system::error_code error) {
    if (!error) state->close("qemu does not answer");
  });
  std::size_t sent = 0;
  while (sent < line.size() && state->why_closed.empty()) {
    const auto [error, size] =
        co_await state->socket.async_write_some(asio::buffer(line.data() + sent, line.size() - sent), asio::as_tuple(asio::use_awaitable));
    if (error) break;
    sent += size;
  }
  while (state->why_closed.empty() && !state->answers.contains(id)) co_await state->changed.async_wait(asio::as_tuple(asio::use_awaitable));
  const auto answer = state->answers.extract(id);
  if (answer.empty()) throw Error(ErrorKind::infra, state->why_closed + ", asked to do " + command);
  if (answer.mapped().contains("error"))
    throw Error(ErrorKind::infra, "qemu refuses " + command + ": " + answer.mapped()["error"].value("desc", ""));
  co_return answer.mapped()["return"];
}

Task<json> Qmp::execute(std::string command) { co_return co_await execute(std::move(command), json::object()); }

}  // namespace xtest
