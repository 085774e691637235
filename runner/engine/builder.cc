// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/builder.h"

#include "runner/base/process.h"
#include "runner/base/text.h"

#include <utility>

namespace xtest {
namespace {

constexpr std::chrono::minutes kCompilerLimit{5};

std::string node_key(const Job& job) {
  std::string key = join(host_argv(job.command), std::string_view("\0", 1));
  key += '\0' + job.command.cwd.string() + '\0' + join(job.command.env, std::string_view("\0", 1));
  for (const auto& output : job.outputs) key += '\0' + output.string();
  return key;
}

bool says_disk_full(const Completion& completion) {
  return completion.err.text.find("No space left on device") != std::string::npos;
}

std::string first_error_line(const std::string& text) {
  std::string first;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty() || line.starts_with("collect2:")) continue;   // it only says that ld failed
    if (line.find("error") != std::string_view::npos || line.find("undefined reference") != std::string_view::npos)
      return std::string(line);
    if (first.empty() && line.find("warning") == std::string_view::npos) first = line;
  }
  return first;
}

// The driver itself, or a pass of it (gcc: "Killed signal terminated program cc1").
bool was_killed(const Completion& completion) {
  const auto* signalled = std::get_if<Signalled>(&completion.how);
  return (signalled && signalled->name == "KILL") ||
         completion.err.text.find("Killed signal terminated program") != std::string::npos;
}

std::string tool_name(const Job& job) {
  const auto words = host_argv(job.command);
  return words.empty() ? "?" : std::filesystem::path(words.front()).filename().string();
}

bool outputs_exist(const Job& job) {
  std::error_code error;
  for (const auto& output : job.outputs) {
    if (!std::filesystem::exists(output, error)) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> host_argv(const Command& command) {
  std::vector<std::string> words;
  words.reserve(command.argv.size());
  for (const Argument& argument : command.argv) {
    if (const auto* path = std::get_if<PathRef>(&argument)) words.push_back(path->host.string());
    else words.push_back(std::get<std::string>(argument));
  }
  return words;
}

Observed build_failure(const Job& job, const Completion& completion) {
  Observed failure;
  failure.duration = completion.usage.wall;
  failure.output = completion.err.text.empty() ? completion.out.text : completion.err.text;
  failure.status = Status::build_fail;
  failure.kind = failure.output.find("ld returned") != std::string::npos ||
                         failure.output.find("undefined reference") != std::string::npos
                     ? "link"
                     : "compile";
  if (const auto* not_started = std::get_if<NotStarted>(&completion.how)) {
    failure.status = Status::infra;
    failure.kind = "setup";
    failure.message = tool_name(job) + " could not be started: " + not_started->why;
  } else if (was_killed(completion)) {
    failure.status = Status::infra;
    failure.kind = "killed";
    failure.message = tool_name(job) + " was killed by SIGKILL, which xtest did not send (out of memory?)";
  } else if (says_disk_full(completion)) {
    failure.status = Status::infra;
    failure.kind = "disk-full";
    failure.message = tool_name(job) + ": no space left on device";
  } else if (std::holds_alternative<Exited>(completion.how)) {
    failure.message = first_error_line(failure.output);
    if (failure.message.empty()) failure.message = tool_name(job) + " " + describe(completion.how);
  } else {
    failure.message = tool_name(job) + " " + describe(completion.how);
  }
  failure.signature = make_signature(failure.message);
  return failure;
}

Builder::Builder(Scheduler& scheduler, Emitter& emitter, ActionCache* cache, std::filesystem::path work, int infra_retries,
                 JobId& next_job)
    : scheduler_(scheduler),
      emitter_(emitter),
      cache_(cache),
      work_(std::move(work)),
      infra_retries_(infra_retries),
      next_job_(next_job) {}

void Builder::request(UnitIx unit, const Job& job, Done done) {
  auto& node = nodes_[node_key(job)];
  if (node && node->finished) return done(node->result);
  const bool is_new = !node;
  if (is_new) node = std::make_shared<Node>();
  node->waiting.push_back(std::move(done));
  if (!is_new) return;
  Work work;
  work.kind = Work::Kind::build;
  work.cpus = job.cpus;
  work.exclusive = job.exclusive;
  work.perform = [this, node = node, unit, job](Turn turn) { return perform(node, unit, job, turn); };
  scheduler_.add(std::move(work));
}

Task<void> Builder::perform(std::shared_ptr<Node> node, UnitIx unit, Job job, Turn turn) {
  BuildResult result;
  for (int attempt = 1; attempt <= 1 + infra_retries_; ++attempt) {
    result = co_await build(unit, job, attempt, turn);
    if (result.ok || result.failure.status != Status::infra || scheduler_.stopped()) break;
  }
  finish(*node, std::move(result));
}

Task<BuildResult> Builder::build(UnitIx unit, const Job& job, int attempt, Turn turn) {
  BuildResult result;
  result.job = next_job_++;
  const std::string what = tool_name(job) + " " +
                           (job.outputs.empty() ? std::string{} : job.outputs.front().filename().string());
  emitter_.emit(JobStarted{result.job, job.kind, job.place, unit, {}, attempt, false, "", what});
  JobEnded ended{result.job, {}, "", true};
  const auto begun = std::filesystem::file_time_type::clock::now();
  const auto key = cache_ ? cache_->key(job, work_) : std::nullopt;
  if (key && cache_->restore(*key, job, work_)) {
    ended.cached_from = *key;
    ended.completion.how = Exited{0};
    result.ok = true;
    ++from_cache_;
  } else {
    ended.completion = co_await run(job);
    result.ok = exited_with(ended.completion, 0) && outputs_exist(job);
    if (!result.ok) result.failure = build_failure(job, ended.completion);
    if (result.ok) co_await turn.over();
    if (result.ok && key) cache_->store(*key, job, work_, begun);
    ++built_;
  }
  if (result.ok) ended.completion.out = ended.completion.err = Output{};
  emitter_.emit(std::move(ended));
  co_return result;
}

Task<Completion> Builder::run(Job job) {
  std::error_code error;
  for (const auto& output : job.outputs) std::filesystem::create_directories(output.parent_path(), error);
  ProcessSpec spec;
  spec.argv = host_argv(job.command);
  spec.env = job.command.env;
  spec.cwd = job.command.cwd;
  spec.limit = job.command.limits.wall.count() > 0 ? job.command.limits.wall : kCompilerLimit;
  co_return co_await run_process(std::move(spec));
}

void Builder::finish(Node& node, BuildResult result) {
  node.finished = true;
  node.result = std::move(result);
  for (const Done& done : std::exchange(node.waiting, {})) done(node.result);
}

}  // namespace xtest
