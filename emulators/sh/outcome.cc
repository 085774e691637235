// SPDX-License-Identifier: Apache-2.0
#include "emulators/sh/outcome.h"

#include "runner/base/text.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

namespace xtest {
namespace {

constexpr int first_of_signals = 128;

std::optional<std::uint64_t> number(const std::string& word) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || parsed.ec != std::errc() || parsed.ptr != word.data() + word.size()) return std::nullopt;
  return value;
}

// "1m2.340s", as times(1) writes it; a shell that writes it otherwise tells no time.
std::chrono::microseconds time_of(const std::string& word) {
  const auto minutes = word.find('m');
  if (minutes == word.npos) return std::chrono::microseconds(0);
  const double seconds = std::atof(word.c_str()) * 60 + std::atof(word.c_str() + minutes + 1);
  return std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6));
}

// What env(1) or setsid(1) says about a program that it cannot start, if that is all there is: "env: 'PROGRAM': No such
// file or directory".
std::string why_not_started(const Completion& completion, const std::string& program) {
  const std::string_view said = trim(completion.err.text);
  const bool is_all = completion.out.total == 0 && said.find('\n') == said.npos;
  const bool is_theirs = said.starts_with("env: ") || said.starts_with("setsid: ");
  if (!is_all || !is_theirs || said.find(program) == said.npos) return "";
  return "'" + program + "'" + std::string(said.substr(said.rfind(": ")));
}

}  // namespace

std::string ShOutcome::take(const ShFrame& frame) {
  static const std::map<std::string, Step> steps{{"started", Step::started}, {"left", Step::left}, {"said", Step::said}, {"out", Step::out},
                                                 {"err", Step::err},         {"file", Step::file},   {"piece", Step::file},
                                                 {"brought", Step::file},    {"ended", Step::ended}, {"failed", Step::ended}};
  const auto step = steps.find(frame.kind);
  if (step == steps.end()) return "told of '" + frame.kind + "'";
  const bool begins = frame.kind == "started" || frame.kind == "failed";
  if (begins && is_start_assumed_) step_ = Step::none;
  is_start_assumed_ = false;
  const bool is_first = step_ == Step::none;
  const bool is_next = step->second > step_ || (step_ == step->second && (step_ == Step::left || step_ == Step::file));
  if (is_first != begins || !is_next) return "told of '" + frame.kind + "' out of turn";
  step_ = step->second;
  if (frame.kind == "left" && frame.words.size() >= 4) completion_.strays.push_back(frame.words[0] + " " + frame.words[3]);
  if (frame.kind == "said") said_ = frame.rest;
  if (frame.kind == "out") return take_output(frame, completion_.out);
  if (frame.kind == "err") return take_output(frame, completion_.err);
  if (step_ == Step::file) return take_file(frame);
  if (frame.kind == "failed") completion_.how = NotStarted{frame.rest};
  if (frame.kind == "ended") return take_end(frame);
  if (frame.kind == "started" && frame.words.size() == 2) user_ = time_of(frame.words[0]), system_ = time_of(frame.words[1]);
  return "";
}

void ShOutcome::start_after(const ShOutcome& last) {
  step_ = Step::started;
  is_start_assumed_ = true;
  user_ = last.user_, system_ = last.system_;
}

void ShOutcome::add_evidence(const ShFrame& frame) { completion_.evidence += frame.rest + "\n"; }

std::string ShOutcome::take_output(const ShFrame& frame, Output& output) {
  output.text = frame.bytes;
  output.total = *number(frame.words[2]);
  output.skipped = output.total - output.text.size();
  output.head = *number(frame.words[0]);
  return "";
}

std::string ShOutcome::take_file(const ShFrame& frame) {
  const auto size = frame.words.empty() ? std::nullopt : number(frame.words[0]);
  bool makes_sense = false;
  if (frame.kind == "file") makes_sense = files_.begin(frame.rest);
  else if (frame.kind == "piece") makes_sense = files_.take(frame.bytes);
  else if (size) makes_sense = files_.end(*size, frame.rest.substr(std::min(frame.rest.size(), frame.words[0].size() + 1)));
  return makes_sense ? "" : "told of a file out of turn: '" + frame.rest + "'";
}

// STATUS SIGNAL NAME USER SYSTEM LATE OUT ERR
std::string ShOutcome::take_end(const ShFrame& frame) {
  const std::string cut = "told of an end that is cut: '" + frame.rest + "'";
  if (frame.words.size() != 8) return cut;
  const auto status = number(frame.words[0]), signal = number(frame.words[1]), out = number(frame.words[6]), err = number(frame.words[7]);
  if (!status || !signal || !out || !err) return cut;
  if (*out != completion_.out.total || *err != completion_.err.total) return "lost output on the way";
  if (!files_.is_between_files()) return "lost a file on the way";
  const auto user = time_of(frame.words[3]), system = time_of(frame.words[4]);
  completion_.usage.user = user - std::exchange(user_, user);
  completion_.usage.system = system - std::exchange(system_, system);
  judge(static_cast<int>(*status), static_cast<int>(*signal), frame.words[2]);
  if (frame.words[5] == std::to_string(frame.seq)) completion_.how = TimedOut{};
  const bool has_run = !std::holds_alternative<NotStarted>(completion_.how) && !std::holds_alternative<Lost>(completion_.how);
  if (has_run) completion_.files = files_.finish();
  return "";
}

void ShOutcome::judge(int status, int signal, const std::string& name) {
  const std::string not_started = status == 126 || status == 127 ? why_not_started(completion_, program_) : "";
  if (!said_.empty()) completion_.how = Lost{"the far side's sh said: " + repair_utf8(said_), true};
  else if (signal != 0) completion_.how = Signalled{signal, name.starts_with("SIG") ? name.substr(3) : name};
  else if (!not_started.empty()) completion_.how = NotStarted{"cannot start " + not_started, not_started.find("Exec format error") != std::string::npos};
  else completion_.how = Exited{status};
  if (signal == 0 && (status == first_of_signals + 2 || status == first_of_signals + 13))
    completion_.evidence += "sh cannot tell exit code " + std::to_string(status) + " from death by signal " + std::to_string(status - first_of_signals) + "\n";
}

}  // namespace xtest
