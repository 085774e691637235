// SPDX-License-Identifier: Apache-2.0
#include "runner/broker/broker.h"

#include "runner/base/error.h"
#include "runner/base/log.h"
#include "runner/broker/processes.h"

#include <nlohmann/json.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto first_up_patience = 30s;      // for the `up` that has started us
constexpr auto kill_patience = 10s;          // for programs that were killed because their session ends
constexpr auto look_again = 20ms;

Task<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

Message refusal(const std::string& what, const std::string& remedy = "") {
  return {Word::refused, broker_version, Payload().text(what).text(remedy).take()};
}

bool is_of_this_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

nlohmann::json name_of(const WarmSet& warm) {
  return {{"target", warm.place().triple}, {"executor", warm.opened().executor ? warm.opened().executor->name() : warm.place().on}};
}

std::string why_other_xtest(const std::string& version) {
  return "the broker of the warm sessions is xtest " XTEST_VERSION ", this is " + version + "; end it with `xtest down`";
}

}  // namespace

void put_place(Payload& payload, const WarmPlace& place) {
  payload.texts({place.triple, place.on, place.ssh_key, place.known_hosts}).texts(place.target_dirs).texts(place.target_files);
}

WarmPlace read_place(PayloadReader& reader) {
  auto words = reader.texts();
  words.resize(4);
  WarmPlace place{words[0], words[1], {}, {}, words[2], words[3]};
  place.target_dirs = reader.texts();
  place.target_files = reader.texts();
  return place;
}

Broker::Broker(asio::any_io_executor executor, UniqueFd listener, std::filesystem::path scratch, BrokerWorld world)
    : executor_(executor), listener_(executor, listener.release()), scratch_(std::move(scratch)), world_(std::move(world)), gate_(executor),
      ended_(executor, asio::steady_timer::time_point::max()), patience_(executor) {}

Task<void> Broker::serve() {
  asio::co_spawn(executor_, accept(), asio::detached);
  asio::co_spawn(executor_, give_up_waiting(), asio::detached);
  while (!is_ended_) co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
  listener_.close();
  patience_.cancel();
}

// Whoever started us may have been killed before he said what for.
Task<void> Broker::give_up_waiting() {
  patience_.expires_after(first_up_patience);
  co_await patience_.async_wait(asio::as_tuple(asio::use_awaitable));
  end_if_empty();
}

void Broker::end_if_empty() {
  if (!entries_.empty() || serving_ > 0) return;
  is_ended_ = true;
  ended_.cancel();
}

void Broker::stop() {
  const auto all = entries_;
  for (const auto& entry : all) {
    asio::co_spawn(executor_, end(entry), [this](std::exception_ptr) { end_if_empty(); });
  }
  end_if_empty();
}

// ---- clients ----

Task<void> Broker::accept() {
  while (listener_.is_open()) {
    const auto [error] = co_await listener_.async_wait(asio::posix::stream_descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    UniqueFd socket(::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket && errno != EAGAIN && errno != EINTR) co_await pause(100ms);   // out of descriptors, for now
    if (!socket || !is_of_this_user(socket.get())) continue;
    asio::co_spawn(executor_, serve_peer(std::make_shared<Peer>(executor_, std::move(socket))), asio::detached);
  }
}

Task<void> Broker::serve_peer(std::shared_ptr<Peer> peer) {
  auto incoming = co_await peer->receive();
  if (!incoming) co_return;
  std::optional<Message> trouble;
  ++serving_;
  try {
    co_await handle(peer, std::move(*incoming));
  } catch (const Error& error) {
    trouble = refusal(error.what(), error.remedy());
  } catch (const std::exception& error) {
    trouble = refusal(error.what());
  }
  if (trouble) co_await peer->send(std::move(*trouble));
  peer->close();
  --serving_;
  end_if_empty();
}

Task<void> Broker::handle(std::shared_ptr<Peer> peer, Peer::Incoming incoming) {
  const Message& message = incoming.message;
  if (message.word == Word::down) co_return co_await down(peer, std::move(incoming.message));
  std::string version = message.word == Word::ps ? XTEST_VERSION : PayloadReader(message.payload).text();
  if (message.version != broker_version) version = "of version " + std::to_string(message.version);
  if (message.version != broker_version || version != XTEST_VERSION) {
    Message refused = refusal(why_other_xtest(version));
    co_return co_await peer->send(std::move(refused));
  }
  if (message.word == Word::up) co_return co_await up(peer, std::move(incoming.message.payload));
  if (message.word == Word::exec) co_return co_await exec(peer, std::move(incoming));
  Message told{Word::reply, broker_version, list()};
  co_await peer->send(std::move(told));
}

std::string Broker::list() const {
  nlohmann::json all = nlohmann::json::array();
  const auto processes = read_processes();
  for (const auto& entry : entries_) {
    const auto idle = std::chrono::duration_cast<std::chrono::seconds>(WarmSet::Clock::now() - entry->warm->last_used());
    nlohmann::json one = name_of(*entry->warm);
    one["since"] = std::chrono::duration_cast<std::chrono::seconds>(entry->since.time_since_epoch()).count();
    one["idle"] = entry->warm->is_busy() ? 0 : idle.count();
    one["calls"] = entry->calls;
    one["running"] = entry->warm->taken();
    one["sessions"] = entry->warm->size();
    one["pids"] = entry->warm->processes();
    one["memory"] = memory_of(entry->warm->processes(), processes);
    all.push_back(std::move(one));
  }
  return nlohmann::json{{"broker", ::getpid()}, {"sessions", all}}.dump();
}

// ---- up and down ----

std::shared_ptr<Broker::Entry> Broker::make_entry(const WarmPlace& place) {
  const auto same = std::ranges::find_if(entries_, [&](const auto& entry) { return entry->warm->place() == place; });
  if (same != entries_.end()) return *same;
  const auto scratch = scratch_ / std::to_string(++scratches_);
  std::filesystem::create_directories(scratch);
  auto warm = std::make_shared<WarmSet>(executor_, place, world_.open, scratch, gate_);
  entries_.push_back(std::make_shared<Entry>(Entry{std::move(warm), asio::steady_timer(executor_), scratch}));
  return entries_.back();
}

Task<void> Broker::up(std::shared_ptr<Peer> peer, std::string payload) {
  PayloadReader reader(payload);
  reader.text();
  const std::chrono::milliseconds idle(reader.number());
  const WarmPlace place = read_place(reader);
  if (reader.bad()) co_return;
  const auto entry = make_entry(place);
  const bool was_up = entry->watched;
  std::exception_ptr trouble;
  try {
    entry->warm->release(co_await entry->warm->acquire());
  } catch (...) {
    trouble = std::current_exception();
  }
  if (trouble && entry->warm->size() == 0) co_await end(entry);
  if (trouble) std::rethrow_exception(trouble);
  entry->idle = idle;
  entry->timer.cancel();
  if (!std::exchange(entry->watched, true)) asio::co_spawn(executor_, end_when_idle(entry), asio::detached);
  nlohmann::json told = name_of(*entry->warm);
  told["was_up"] = was_up;
  Message reply{Word::reply, broker_version, told.dump()};
  co_await peer->send(std::move(reply));
}

// An xtest of another version means everything: it may say more than we understand.
Task<void> Broker::down(std::shared_ptr<Peer> peer, Message message) {
  PayloadReader reader(message.payload);
  const std::string triple = reader.text(), on = reader.text();
  const bool everything = message.version != broker_version || reader.bad();
  nlohmann::json ended = nlohmann::json::array();
  const auto all = entries_;
  for (const auto& entry : all) {
    const WarmSet& warm = *entry->warm;
    const bool is_meant = (triple.empty() || triple == warm.place().triple) && (on.empty() || on == warm.place().on || warm.is_on(on));
    if (!everything && !is_meant) continue;
    ended.push_back(name_of(warm));
    co_await end(entry);
  }
  Message reply{Word::reply, broker_version, ended.dump()};
  co_await peer->send(std::move(reply));
}

Task<void> Broker::end(std::shared_ptr<Entry> entry) {
  std::erase(entries_, entry);
  for (const Call& call : calls_) {
    if (call.entry == entry.get()) call.line->signal(SIGKILL);
  }
  for (const auto until = WarmSet::Clock::now() + kill_patience; entry->warm->is_busy() && WarmSet::Clock::now() < until;) co_await pause(look_again);
  try {
    co_await entry->warm->close();
  } catch (const std::exception& error) {
    log_warning("broker", "a session did not close: {}", error.what());
  }
  entry->timer.cancel();
  std::error_code ignored;
  std::filesystem::remove_all(entry->scratch, ignored);
}

Task<void> Broker::end_when_idle(std::shared_ptr<Entry> entry) {
  while (std::ranges::find(entries_, entry) != entries_.end()) {
    const auto now = WarmSet::Clock::now();
    const auto until = (entry->warm->is_busy() ? now : entry->warm->last_used()) + entry->idle;
    if (until <= now && !entry->warm->is_busy()) {
      co_await end(entry);
      break;
    }
    entry->timer.expires_at(std::max(until, now + look_again));
    co_await entry->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  end_if_empty();
}

}  // namespace xtest
