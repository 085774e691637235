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
constexpr std::size_t most_remembered = 1000;

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

// A client that goes takes its program with it.
Task<void> forward_signals(std::shared_ptr<Peer> peer, std::shared_ptr<RunLine> line) {
  while (auto incoming = co_await peer->receive()) {
    if (incoming->message.word == Word::signal) line->signal(static_cast<int>(PayloadReader(incoming->message.payload).number()));
  }
  line->signal(SIGKILL);
}

nlohmann::json name_of(const WarmSet& warm) {
  return {{"target", warm.place().triple}, {"executor", warm.opened().executor ? warm.opened().executor->name() : warm.place().on}};
}

std::string why_other_xtest(const std::string& version) {
  return "the broker of the warm sessions is xtest " XTEST_VERSION ", this is " + version + "; end it with `xtest down`";
}

}  // namespace

struct Broker::Job {
  std::shared_ptr<Entry> entry;
  RunRequest request;
  std::string program;
  std::vector<UniqueFd> descriptors;   // the program's, until it runs
  std::vector<UniqueFd> client_ends;   // of the pipes, when the client has to carry the bytes
};

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
  for (const auto& entry : entries_) {
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

// ---- exec ----

std::shared_ptr<Broker::Entry> Broker::entry_for(const WarmPlace& wanted) const {
  const auto found = std::ranges::find_if(entries_, [&](const auto& entry) { return entry->warm->serves(wanted); });
  return found == entries_.end() ? nullptr : *found;
}

// Null: nothing that is warm is meant, or the words are wrong; xtest itself says so then.
std::shared_ptr<Broker::Job> Broker::read_job(Peer::Incoming incoming) {
  PayloadReader reader(incoming.message.payload);
  reader.text();
  const auto options = reader.texts();
  ExecWords words;
  words.words = reader.texts();
  words.environment = reader.texts();
  words.folder = reader.text();
  if (reader.bad() || words.words.empty() || incoming.fds.size() != 3) return nullptr;
  auto key = options;
  key.push_back(words.folder.string());
  if (!read_before_.contains(key)) {
    if (read_before_.size() >= most_remembered) read_before_.clear();
    read_before_.emplace(key, world_.read_exec(options, words.folder));
  }
  const ExecOptionsRead& read = read_before_.at(key);
  auto job = std::make_shared<Job>();
  job->entry = entry_for(read.place);
  if (!job->entry) return nullptr;
  words.extra = read.extra;
  words.there = read.there;
  job->program = words.words.front();
  job->descriptors = std::move(incoming.fds);
  const bool far = is_far(*job->entry->warm->opened().executor);
  if (far) {
    PipeEnds in = make_pipe(), out = make_pipe(), err = make_pipe();
    job->descriptors.clear();
    for (UniqueFd* end : {&in.read, &out.write, &err.write}) job->descriptors.push_back(std::move(*end));
    for (UniqueFd* end : {&in.write, &out.read, &err.read}) job->client_ends.push_back(std::move(*end));
  }
  const std::array<int, 3> stdio{job->descriptors[0].get(), job->descriptors[1].get(), job->descriptors[2].get()};
  auto line = std::make_shared<RunLine>();
  line->when_started = [weak = std::weak_ptr(job)] {
    if (const auto started = weak.lock()) started->descriptors.clear();
  };
  job->request = exec_request(words, far, stdio, std::move(line));
  return job;
}

Task<void> Broker::exec(std::shared_ptr<Peer> peer, Peer::Incoming incoming) {
  std::shared_ptr<Job> job;
  try {
    job = read_job(std::move(incoming));
  } catch (const Error& error) {
    log_info("broker", "left to xtest: {}", error.what());
  }
  Message answer{job ? Word::accepted : Word::none, broker_version, ""};
  if (!job) co_return co_await peer->send(std::move(answer));
  std::vector<int> ends;
  for (const UniqueFd& end : job->client_ends) ends.push_back(end.get());
  co_await peer->send(std::move(answer), std::move(ends));
  job->client_ends.clear();
  ++job->entry->calls;
  const auto call = calls_.insert(calls_.end(), Call{job->entry.get(), job->request.line});
  asio::co_spawn(executor_, forward_signals(peer, job->request.line), asio::detached);
  const Ending ending = co_await perform(job);
  calls_.erase(call);
  Message ended{Word::ended, broker_version, Payload().number(static_cast<std::uint32_t>(ending.code)).text(ending.note).take()};
  co_await peer->send(std::move(ended));
}

// A session whose place had gone before the program ran in it is no trouble of the program's: once more in another.
Task<Ending> Broker::perform(std::shared_ptr<Job> job) {
  const auto warm = job->entry->warm;
  std::vector<std::filesystem::path> files;
  if (const auto* program = std::get_if<PathRef>(&job->request.command.argv.front())) files.push_back(program->host);
  std::string trouble;
  for (int attempt = 0; attempt < 2 && !job->request.line->started(); ++attempt) {
    WarmSession lent;
    bool is_lent = false, is_lost = true;
    Completion completion;
    try {
      lent = co_await warm->acquire();
      is_lent = true;
      co_await lent.session->stage(files);
      completion = co_await lent.session->run(job->request);
      is_lost = std::holds_alternative<Lost>(completion.how);
      trouble = ending_of(completion.how, job->program).note;
    } catch (const std::exception& error) {
      trouble = error.what();
    }
    if (is_lent && is_lost) warm->drop(std::move(lent));
    else if (is_lent) warm->release(std::move(lent));
    if (!is_lost) co_return ending_of(completion.how, job->program);
  }
  constexpr int exec_failed = 125;
  co_return Ending{exec_failed, trouble};
}

}  // namespace xtest
