// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/agent_session.h"

#include "runner/base/error.h"
#include "runner/base/text.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace xtest {
namespace {

void put(std::vector<std::string>& env, const std::string& entry) {
  const std::string name = entry.substr(0, entry.find('=') + 1);
  const auto same = std::ranges::find_if(env, [&](const std::string& known) { return known.starts_with(name); });
  if (same == env.end()) env.push_back(entry);
  else *same = entry;
}

// Runs "$0" "$@" under the system's own tracer, which writes to stderr.
constexpr const char* kTracer = R"(
if command -v strace >/dev/null 2>&1; then exec strace -f -- "$0" "$@"; fi
if command -v truss >/dev/null 2>&1; then exec truss -f "$0" "$@"; fi
if command -v ktrace >/dev/null 2>&1; then ktrace -i -f ktrace.out "$0" "$@"; code=$?; kdump -f ktrace.out >&2; exit $code; fi
echo 'xtest: there is neither strace, truss nor ktrace here' >&2; exit 125)";

constexpr std::size_t kTraceHead = 2u << 20, kTraceTail = 1u << 20;

// An emulator that is started in the program's place would say it in its own way, and exit.
std::string why_no_program(const std::string& program) {
  if (::access(program.c_str(), X_OK) == 0) return "";
  return "cannot start '" + program + "': " + std::strerror(errno);
}

}  // namespace

std::vector<std::string> target_environment(const std::string& folder, const std::vector<std::string>& extra) {
  std::vector<std::string> env{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C", "TZ=UTC", "HOME=" + folder,
                               "TMPDIR=" + folder};
  for (const std::string& entry : extra) put(env, entry);
  return env;
}

std::string without_places(const std::string& look) {
  std::string kept;
  for (const std::string_view line : split(look, '\n')) {
    if (line.starts_with("process ") || line.starts_with("thread ") || line.starts_with("machine ")) kept += std::string(line) + "\n";
  }
  return kept;
}

AgentSession::AgentSession(AgentPlace place, std::unique_ptr<AgentClient> agent)
    : place_(std::move(place)), agent_(std::move(agent)) {}

AgentSession::~AgentSession() = default;

Task<void> AgentSession::stage(std::vector<std::filesystem::path> files) {
  for (const auto& file : files) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) throw Error(ErrorKind::infra, file.string() + " has gone");
  }
  co_return;
}

AgentCommand AgentSession::to_agent(const RunRequest& request) {
  AgentCommand command;
  command.argv = place_.prefix;
  for (const Argument& argument : request.command.argv) {
    const auto* path = std::get_if<PathRef>(&argument);
    command.argv.push_back(path ? render(*path) : std::get<std::string>(argument));
  }
  command.limits = request.command.limits;
  command.pass_fds = request.pass_stdio;
  command.terminal = request.terminal;
  command.line = request.line;
  command.results = request.results;
  command.fresh_cwd = request.fresh_folder;
  command.cwd =
      request.fresh_folder ? (place_.folders / std::to_string(++runs_)).string() : request.command.cwd.string();
  command.env = target_environment(command.cwd, place_.env);
  for (const std::string& entry : request.command.env) put(command.env, entry);
  command.watch = request.look == Look::crash;
  if (request.look != Look::trace) return command;
  for (const std::string& entry : place_.trace_env) put(command.env, entry);
  command.limits.out_head = kTraceHead;
  command.limits.out_tail = kTraceTail;
  return command;
}

std::string AgentSession::files_of(const RunRequest& request) const {
  std::string lines;
  for (const Argument& argument : request.command.argv) {
    const auto* path = std::get_if<PathRef>(&argument);
    if (path) lines += "file " + render(*path) + "\t" + path->host.string() + "\n";
  }
  for (const std::string& overlay : place_.overlays) {
    const auto colon = overlay.find(':');
    lines += "overlay " + overlay.substr(colon + 1) + "\t" + overlay.substr(0, colon) + "\n";
  }
  return lines;
}

Task<Completion> AgentSession::run_in_agent(AgentCommand command) {
  co_return co_await agent_->run(std::move(command));
}

Task<Completion> AgentSession::run(RunRequest request) {
  AgentCommand command = to_agent(request);
  const std::string trouble = place_.prefix.empty() ? "" : why_no_program(command.argv[place_.prefix.size()]);
  if (!trouble.empty()) {
    Completion completion;
    completion.how = NotStarted{trouble};
    co_return completion;
  }
  if (request.look == Look::trace && place_.trace_env.empty())
    command.argv.insert(command.argv.begin(), {"/bin/sh", "-c", kTracer});
  Completion completion = co_await run_in_agent(std::move(command));
  if (!completion.look.empty()) completion.look = files_of(request) + completion.look;
  co_return completion;
}

Task<void> AgentSession::close() { co_await agent_->close(); }

}  // namespace xtest
