// SPDX-License-Identifier: Apache-2.0
// The broker's part in a call: from the words of `xtest exec` to its exit code.
#include "runner/base/error.h"
#include "runner/base/log.h"
#include "runner/broker/broker.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t most_remembered = 1000;
constexpr int exec_failed = 125;

bool ends_a_client(int number) { return number == SIGHUP || number == SIGINT || number == SIGQUIT || number == SIGTERM; }

Message ended(int code, const std::string& note) {
  return {Word::ended, broker_version, Payload().number(static_cast<std::uint32_t>(code)).text(note).take()};
}

}  // namespace

struct Broker::Job {
  std::shared_ptr<Entry> entry;
  RunRequest request;
  std::string program;
  std::vector<UniqueFd> descriptors;   // the program's, until it runs
  std::vector<UniqueFd> client_ends;   // of the pipes, when the client has to carry the bytes
  bool is_unwanted = false;            // the client went before the program could be started
};

// A client that goes takes its program with it; one that waits for a session may go at once.
Task<void> Broker::forward_signals(std::shared_ptr<Peer> peer, std::shared_ptr<Job> job) {
  const auto line = job->request.line;
  while (auto incoming = co_await peer->receive()) {
    PayloadReader reader(incoming->message.payload);
    const int first = static_cast<int>(reader.number());
    if (incoming->message.word == Word::size) line->resize({static_cast<unsigned>(first), reader.number()});
    if (incoming->message.word != Word::signal) continue;
    line->signal(first);
    if (line->handed_over() || !ends_a_client(first)) continue;
    job->is_unwanted = true;
    job->descriptors.clear();
    Message told = ended(128 + first, "");
    co_await peer->send(std::move(told));
  }
  job->is_unwanted = true;
  line->signal(SIGKILL);
}

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
  const TerminalSize size{reader.number(), reader.number()};
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
  if (far || size.rows != 0) {
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
  if (size.rows != 0) job->request.terminal = size;
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
  asio::co_spawn(executor_, forward_signals(peer, job), asio::detached);
  const Ending ending = co_await perform(job);
  calls_.erase(call);
  Message told = ended(ending.code, ending.note);
  co_await peer->send(std::move(told));
}

// A session whose place had gone before the program ran in it is no trouble of the program's: once more in another.
Task<Ending> Broker::perform(std::shared_ptr<Job> job) {
  const auto warm = job->entry->warm;
  std::vector<std::filesystem::path> files;
  if (const auto* program = std::get_if<PathRef>(&job->request.command.argv.front())) files.push_back(program->host);
  std::string trouble;
  for (int attempt = 0; attempt < 2 && !job->request.line->started() && !job->is_unwanted; ++attempt) {
    WarmSession lent;
    bool is_lent = false, is_lost = true;
    Completion completion;
    try {
      lent = co_await warm->acquire();
      is_lent = true;
      co_await lent.session->stage(files);
      if (job->is_unwanted) {   // and its descriptors are closed
        warm->release(std::move(lent));
        co_return Ending{};
      }
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
  co_return Ending{exec_failed, trouble};
}

}  // namespace xtest
