// SPDX-License-Identifier: Apache-2.0
#include "reports/console.h"

#include "reports/failure_block.h"
#include "reports/summary_text.h"
#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace xtest {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t target_lines = 12, running_lines = 3, running_listed = 50;
constexpr int bar_width = 24;

std::string time_text(microseconds time) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(std::max(time, microseconds{0}));
  return whole < std::chrono::minutes(1) ? fmt::format("{}s", whole.count()) : human_duration(whole);
}

bool needs_attention(Status status, Weight weight) {
  return weight == Weight::bad || status == Status::infra || status == Status::flaky || status == Status::emulator ||
         status == Status::xpass;
}

std::uint64_t bad_count(const StatusCounts& counts, const Policy& policy) {
  std::uint64_t bad = 0;
  for (std::size_t i = 0; i < status_count; ++i) {
    if (policy.weigh(static_cast<Status>(i), "", "") == Weight::bad) bad += counts.by_status[i];
  }
  return bad;
}

}  // namespace

Console::Console(ConsoleOptions options) : options_(std::move(options)), out_(options_.fd, "the console") {}

Console::~Console() {
  if (closed_) return;
  erase();
  out_.write(pending_);
}

void Console::on(const Event& event) {
  tally_.on(event);
  comparison_.on(event);
  attempts_.on(event);
  if (event.mono > now_) now_ = event.mono;
  if (const auto* decided = std::get_if<CaseDecided>(&event.body)) {
    on_decided(*decided);
  } else if (std::holds_alternative<JobStarted>(event.body) || std::holds_alternative<JobEnded>(event.body)) {
    on_job(event);
  } else if (const auto* run = std::get_if<RunStarted>(&event.body)) {
    print(fmt::format("xtest {}: run {}, {} target(s), {} stream(s), {} job(s) at once\n", safe_text(run->version),
                      safe_text(run->run), targets_of(*run).size(), run->streams.size(), run->jobs));
  } else if (const auto* note = std::get_if<Note>(&event.body)) {
    print(fmt::format("note: {}: {}\n", safe_text(note->area), safe_text(note->text)));
  } else if (const auto* session = std::get_if<SessionChanged>(&event.body)) {
    on_session(*session);
  } else if (std::holds_alternative<Resumed>(event.body)) {
    now_ = drawn_ = beat_ = event.mono;
    decided_now_ = 0;
    running_.clear();
    print(fmt::format("resumed: {} of {} tests have a result\n", tally_.table().size() - tally_.undecided(),
                      tally_.table().size()));
  }
  if (options_.tty) tick(now_);
}

void Console::on_session(const SessionChanged& session) {
  int& open = sessions_[session.executor];
  if (session.what == "opened") ++open;
  else if (open > 0) --open;
  if (session.what != "lost") return;
  print(fmt::format("lost: {} session {}: {}\n", safe_text(session.executor), safe_text(session.session),
                    safe_text(truncate_middle(session.evidence, 256, 256))));
}

void Console::on_job(const Event& event) {
  if (const auto* ended = std::get_if<JobEnded>(&event.body)) {
    running_.erase(ended->job);
    return;
  }
  const auto& started = std::get<JobStarted>(event.body);
  Running& running = running_[started.job];
  running.since = event.mono;
  running.what = started.what;
  if (!started.cases.empty()) running.first = started.cases.front();
  running.stream = tally_.table().stream_of(started.unit);
}

void Console::on_decided(const CaseDecided& decided) {
  if (decided_now_++ == 0) first_decided_ = now_;
  const History history = attempts_.take(decided.test);
  const Outcome& outcome = decided.outcome;
  const auto name = tally_.table().find(decided.test);
  if (!name) return;
  const StreamInfo& stream = tally_.table().streams()[name->stream];
  const bool attention =
      needs_attention(outcome.status, tally_.policy().weigh(outcome.status, outcome.kind, stream.stream.target));
  if (!attention && !options_.verbose) return;
  const std::string id = tally_.table().id(decided.test);
  const ResultView result{tally_.run(), stream, id, outcome, history};
  const BlockStyle style{{options_.color}, options_.width, options_.output_cap};
  const bool block = attention && shown_ < options_.blocks;
  if (attention) ++shown_;
  if (!options_.tty) {
    if (block) blocks_.push_back(failure_block(result, style));
    print(result_line(result, style));
  } else {
    print(block ? failure_block(result, style) + "\n" : result_line(result, style));
  }
}

void Console::print(std::string_view text) {
  if (options_.tty) pending_ += text;
  else out_.write(text);
}

void Console::tick(microseconds mono) {
  now_ = mono;
  if (closed_) return;
  if (options_.tty) {
    if (area_lines_ == 0 || now_ - drawn_ >= options_.redraw) draw();
  } else if (now_ - beat_ >= options_.heartbeat) {
    beat_ = now_;
    out_.write(status_line());
  }
}

void Console::draw() {
  drawn_ = now_;
  const std::string drawn = area();
  const std::string up = area_lines_ > 0 ? fmt::format("\r\x1b[{}A\x1b[J", area_lines_) : "";
  area_lines_ = static_cast<int>(std::ranges::count(drawn, '\n'));
  out_.write(up + pending_ + drawn);
  pending_.clear();
}

void Console::erase() {
  if (area_lines_ > 0) out_.write(fmt::format("\r\x1b[{}A\x1b[J", area_lines_));
  area_lines_ = 0;
}

std::string Console::area() const {
  const Paint paint{options_.color};
  std::string text = paint(Color::bold, fit(bar_line(), options_.width - 1)) + "\n";
  const std::vector<std::string> triples = targets_of(tally_.run());
  for (std::size_t i = 0; i < triples.size() && i < target_lines; ++i) {
    const bool bad = bad_count(tally_.by_target(triples[i]), tally_.policy()) > 0;
    text += paint(bad ? Color::red : Color::plain, fit(target_line(triples[i]), options_.width - 1)) + "\n";
  }
  if (triples.size() > target_lines) text += fmt::format("  ... and {} more targets\n", triples.size() - target_lines);
  for (const Running* running : longest(running_lines)) {
    text += paint(Color::dim, fit("  " + running_line(*running), options_.width - 1)) + "\n";
  }
  return text;
}

std::string Console::bar_line() const {
  const std::uint64_t all = tally_.table().size(), done = all - tally_.undecided();
  const int filled = all == 0 ? 0 : static_cast<int>(done * bar_width / all);
  const std::string bar = std::string(filled, '=') + std::string(bar_width - filled, ' ');
  return fmt::format("[{}] {}  {}", bar, progress_text(), time_text(now_));
}

std::string Console::progress_text() const {
  const StatusCounts counts = tally_.counts();
  const std::uint64_t all = tally_.table().size(), open = tally_.undecided();
  std::string text = fmt::format("{}/{}", all - open, all);
  text += fmt::format("  {} bad", bad_count(counts, tally_.policy()));
  for (const Status status : {Status::flaky, Status::infra, Status::skip}) {
    if (counts[status] > 0) text += fmt::format("  {} {}", counts[status], to_string(status));
  }
  const microseconds spent = now_ - first_decided_;
  if (open > 0 && decided_now_ >= 5 && spent >= std::chrono::seconds(1)) {
    text += "  ETA " + time_text(spent / static_cast<std::int64_t>(decided_now_) * static_cast<std::int64_t>(open));
  }
  return text;
}

std::string Console::target_line(const std::string& triple) const {
  const StatusCounts counts = tally_.by_target(triple);
  std::uint64_t open = 0;
  std::vector<std::string> executors;
  for (StreamIx i = 0; i < tally_.table().streams().size(); ++i) {
    const Stream& stream = tally_.table().streams()[i].stream;
    if (stream.target != triple) continue;
    open += tally_.undecided_of(i);
    const auto found = sessions_.find(stream.executor);
    std::string state = stream.executor;
    if (found != sessions_.end() && found->second > 0) state += fmt::format(" {} open", found->second);
    if (stream.executor != "none" && std::ranges::find(executors, state) == executors.end()) executors.push_back(state);
  }
  std::string text = fmt::format("  {:<32} {}/{}", triple, counts.total() - open, counts.total());
  const std::uint64_t bad = bad_count(counts, tally_.policy());
  if (bad > 0) text += fmt::format("  {} bad", bad);
  if (counts[Status::skip] > 0) text += fmt::format("  {} skip", counts[Status::skip]);
  return safe_text(text + "  " + join(executors, ", "));
}

std::string Console::status_line() const {
  std::string text = fmt::format("[{}] {}", time_text(now_), progress_text());
  const auto running = longest(running_lines);
  for (std::size_t i = 0; i < running.size(); ++i) text += (i == 0 ? "; running: " : ", ") + running_line(*running[i]);
  return text + "\n";
}

std::vector<const Console::Running*> Console::longest(std::size_t most) const {
  std::vector<const Running*> all;
  for (const auto& [job, running] : running_) all.push_back(&running);
  std::ranges::stable_sort(all, {}, &Running::since);
  if (all.size() > most) all.resize(most);
  return all;
}

std::string Console::running_line(const Running& running) const {
  const std::string name = running.what.empty() && running.first ? tally_.table().id(*running.first) : running.what;
  const std::string target = running.stream ? tally_.table().stream(*running.stream).target : "";
  return safe_text(
      fmt::format("{} {}{}", time_text(now_ - running.since), name, target.empty() ? "" : " (" + target + ")"));
}

std::string Console::running_now() const {
  std::string text = fmt::format("[{}] {}\n", time_text(now_), progress_text());
  for (const Running* running : longest(running_listed)) text += "  " + running_line(*running) + "\n";
  if (running_.empty()) text += "  nothing runs\n";
  return text;
}

std::optional<std::string> Console::close() {
  if (closed_) return out_.trouble();
  erase();
  closed_ = true;
  out_.write(pending_);
  for (const std::string& block : blocks_) out_.write("\n" + block);
  if (!blocks_.empty()) out_.write("\n");
  SummaryStyle style;
  style.block = {{options_.color}, options_.width, options_.output_cap};
  style.record = options_.record;
  style.junit = options_.junit;
  out_.write(summary_text(tally_, comparison_, style));
  return out_.trouble();
}

}  // namespace xtest
